import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { listFiles } from '../../../src/common/files.ts';
import {
  findChangedFiles,
  readNetworkFiles,
  writeNetworkFiles,
} from '../../../src/firstboot/network/directory.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const isNetwork = (name: string): boolean => !name.endsWith('.link');

test('our files of a kind become those that are wanted; those of others stay, and all can be brought back', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    '10-kronos-management.network': 'of the installer',
    '10-kronos-nic0.link': 'name',
    '50-mine.network': 'of the administrator',
  });
  const former = await readNetworkFiles(directory, isNetwork);
  const wanted = [{ name: '20-kronos-xenbr0.network', text: 'bridge' }];
  t.deepEqual(await findChangedFiles(directory, wanted, isNetwork), [
    '20-kronos-xenbr0.network',
    '10-kronos-management.network',
  ]);
  await writeNetworkFiles(directory, wanted, isNetwork);
  t.deepEqual(await findChangedFiles(directory, wanted, isNetwork), []);
  t.deepEqual(await listFiles(directory), [
    '10-kronos-nic0.link',
    '20-kronos-xenbr0.network',
    '50-mine.network',
  ]);
  await writeNetworkFiles(directory, former, isNetwork);
  t.deepEqual(await listFiles(directory), [
    '10-kronos-management.network',
    '10-kronos-nic0.link',
    '50-mine.network',
  ]);
  t.is(await readFile(join(directory, '10-kronos-management.network'), 'utf8'), 'of the installer');
});
