import { readdir } from 'node:fs/promises';
import test from 'ava';
import { formatDiskDetails, formatDiskTable } from '../../../src/host/select/table.ts';
import { compareWithGolden } from '../../golden.ts';
import { MACHINES, readMachine } from '../machines.ts';

test('the disks of every recorded machine fit 80 columns', async (t) => {
  const parts: string[] = [];
  for (const file of (await readdir(MACHINES)).sort()) {
    const name = file.replace(/\.json$/, '');
    parts.push(name, ...formatDiskTable((await readMachine(name)).disks), '');
  }
  t.true(parts.every((line) => /^[ -~]{0,80}$/.test(line)));
  await compareWithGolden(t, import.meta.url, 'tables.txt', parts.join('\n'));
});

test('the details of a disk fit 80 columns', async (t) => {
  const lines: string[] = [];
  for (const name of ['kronos-installed', 'raid-leftovers', 'multipath-san', 'only-usb'])
    for (const disk of (await readMachine(name)).disks.slice(0, 2))
      lines.push(disk.name, ...formatDiskDetails(disk), '');
  t.true(lines.every((line) => /^[ -~]{0,80}$/.test(line)));
  await compareWithGolden(t, import.meta.url, 'details.txt', lines.join('\n'));
});
