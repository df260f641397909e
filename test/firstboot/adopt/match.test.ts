// A host file that the operator wrote, on the machine that it is for; free disks; what counts as Xen.
import { join } from 'node:path';
import test from 'ava';
import { KronosErrors } from '../../../src/common/error.ts';
import type { Disk } from '../../../src/host/inventory.ts';
import { adopt } from '../../../src/firstboot/adopt/adopt.ts';
import { chooseSpareDisk, matchOf, systemDisks } from '../../../src/firstboot/adopt/spare-disk.ts';
import { isControlDomain } from '../../../src/firstboot/adopt/xen.ts';
import { readInstalled } from '../../../src/firstboot/installed.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';
import { readMachine } from '../../host/machines.ts';
import { DISKS, recordHost } from './hosts.ts';
import { hostNamed } from './recorded.ts';

const OPERATORS = `version: 1
hostname: xen01
disks:
  system: { match: { serial: SYSTEM1 } }
  storage: [{ name: fast, match: { size: ">= 30 GB" } }]
network:
  management:
    interface: { match: { mac: "52:54:00:12:34:5?" }, count: 2 }
    bond: { mode: lacp }
    vlan: 20
storage: [{ type: lvm, name: local, disks: [fast] }]
`;

test('a host file that was there is kept and held against the machine', async (t) => {
  const host = hostNamed('networkd-bond-vlan');
  const { looking, probe } = await recordHost(t, {
    ...host,
    files: { ...host.files, 'etc/kronos/host.yaml': OPERATORS },
  });
  const adoption = await adopt({ looking, probe });
  t.like(adoption, { state: 'done', hostFile: 'found', storage: 'local' });
  const { disks, adopted } = await readInstalled(join(looking.root, 'etc/kronos/installed.json'));
  t.deepEqual(
    disks.networks[0]?.interfaces.map(({ name }) => name),
    ['ens3', 'ens4'],
  );
  t.like(disks.storage[0], { name: 'fast', disks: [{ name: 'vdb', serial: 'SPARE1' }] });
  t.deepEqual(adopted, { manager: 'networkd', virtual: ['mgmt', 'bond0'] });
});

test('every mistake of a host file that was there is told, and nothing is written', async (t) => {
  const host = hostNamed('ifupdown-static');
  const text = OPERATORS.replace('SYSTEM1', 'OTHER')
    .replace('count: 2', 'count: 3')
    .replace('30 GB', '3 TB');
  const { looking, probe, called } = await recordHost(t, {
    ...host,
    files: { ...host.files, 'etc/kronos/host.yaml': text },
  });
  const error = await t.throwsAsync(adopt({ looking, probe }));
  t.true(error instanceof KronosErrors);
  const codes = error instanceof KronosErrors ? error.errors.map(({ code }) => code) : [];
  t.deepEqual(codes, ['host/cannot-adopt-disk', 'host/interface-count', 'host/disk-count']);
  t.false(called.some((line) => line.startsWith('grub-editenv')));
});

test('only a disk that is entirely empty is taken, and never one that is seen twice', async (t) => {
  const blank = async (disks: readonly Disk[], names?: string[]): Promise<string> => {
    const { disk, text } = await chooseSpareDisk(disks, ({ name }) =>
      Promise.resolve(names === undefined || names.includes(name)),
    );
    return `${disk?.name ?? '-'}: ${text}`;
  };
  const [system, spare] = DISKS;
  if (system === undefined || spare === undefined) throw new TypeError('disks');
  const larger = { ...spare, name: 'vdc', size: spare.size * 2, serial: 'SPARE2' };
  t.is(await blank(DISKS), 'vdb: vdb is entirely empty');
  t.is(await blank([...DISKS, larger]), 'vdc: vdc is entirely empty; vdb left alone');
  t.is(await blank([...DISKS, larger], ['vdb']), 'vdb: vdb is entirely empty');
  t.is(await blank(DISKS, []), '-: no disk is entirely empty: on vdb there is something unknown');
  const used: Partial<Disk>[] = [
    { contents: [{ partition: 0, kind: 'other', type: 'unknown' }] },
    { mounts: ['held by the kernel'] },
    ...[{ holders: ['md0'] }, { removable: true }, { readOnly: true }, { multipath: 'mpatha' }],
    { serial: 'SYSTEM1', size: system.size },
  ];
  for (const one of used)
    t.is(await blank([system, { ...spare, ...one }]), '-: no disk is entirely empty');
  t.deepEqual(
    systemDisks(DISKS).map(({ name }) => name),
    ['vda'],
  );
  t.deepEqual(matchOf(spare, DISKS), { serial: 'SPARE1' });
  t.deepEqual(matchOf({ ...spare, serial: 'A*' }, DISKS), { path: '/dev/vdb' });
  // Of recorded machines nothing with anything on it is ever taken.
  for (const name of [
    'lvm-foreign',
    'raid-leftovers',
    'zfs-pool',
    'windows-dual',
    'multipath-san',
  ]) {
    const { disks } = await readMachine(name);
    const { disk } = await chooseSpareDisk(disks, () => Promise.resolve(true));
    t.true(disk === undefined || disk.contents.length === 0, name);
  }
});

test('a guest of Xen is not its control domain', async (t) => {
  const root = await temporaryDirectory(t);
  t.false(await isControlDomain(root));
  await writeFiles(root, {
    'sys/hypervisor/type': 'xen\n',
    'sys/hypervisor/properties/features': '00000305\n',
  });
  t.false(await isControlDomain(root));
  await writeFiles(root, { 'sys/hypervisor/properties/features': '00002f05\n' });
  t.true(await isControlDomain(root));
});
