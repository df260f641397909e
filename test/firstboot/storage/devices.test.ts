import test from 'ava';
import { findDevices, findDisk } from '../../../src/firstboot/storage/devices.ts';
import type { Installed } from '../../../src/firstboot/installed.ts';
import { identityOf } from '../../../src/host/select/identity.ts';
import { readMachine } from '../../host/machines.ts';

test('a disk is found by what it is, under whatever name it has now', async (t) => {
  const { disks } = await readMachine('six-disks');
  const [first, second] = disks;
  if (first === undefined || second === undefined) throw new Error('too few disks');
  const planned = { ...identityOf(first, false), name: 'sdx' };
  t.is(findDisk(planned, disks), `/dev/${first.name}`);
  const installed = {
    disks: { storage: [{ name: 'data', disks: [planned] }] },
  } as unknown as Installed;
  t.deepEqual(await findDevices(['data'], installed, disks), [`/dev/${first.name}`]);
  await t.throwsAsync(findDevices(['other'], installed, disks), {
    code: 'host/storage-disk-missing',
  });
  t.throws(() => findDisk({ ...planned, serial: 'GONE' }, disks), {
    code: 'host/storage-disk-missing',
    message: /the disk that was sdx \(.*GONE\) is not there/,
  });
});
