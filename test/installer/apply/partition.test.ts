// What sgdisk and the other tools are told.
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import {
  deviceOf,
  hasRole,
  membersOf,
  partitionDevice,
} from '../../../src/installer/apply/context.ts';
import { isUnfinished, UNFINISHED } from '../../../src/host/probe/boot-code.ts';
import { writeBootCode } from '../../../src/installer/apply/erase.ts';
import { tableArguments } from '../../../src/installer/apply/partition.ts';
import { compareWithGolden } from '../../golden.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { planCase, type PlanCase } from '../plan/machines.ts';

const CASES: Readonly<Record<string, PlanCase>> = {
  'one-disk': { machine: 'whitebox-sata-usb', host: 'swap-and-sizes' },
  mirror: { machine: 'two-nvme-equal', host: 'mirror' },
  'sectors-4k': { machine: 'sectors-4k', host: 'with-storage-disk' },
};

for (const [name, one] of Object.entries(CASES)) {
  test(`the table: ${name}`, async (t) => {
    const { system } = (await planCase(one)).plan;
    const lines = system.disks.flatMap((disk) =>
      tableArguments(system.layout, disk, system.raid).join('\n'),
    );
    await compareWithGolden(t, import.meta.url, `table-${name}.txt`, `${lines.join('\n\n')}\n`);
    t.notRegex(lines.join('\n'), /\.\d/, 'sectors are whole');
  });
}

test('names of partitions', (t) => {
  t.is(partitionDevice('sda', 2), '/dev/sda2');
  t.is(partitionDevice('nvme0n1', 2), '/dev/nvme0n1p2');
  t.is(partitionDevice('mmcblk0', 1), '/dev/mmcblk0p1');
  t.is(partitionDevice('cciss/c0d0', 3), '/dev/cciss/c0d0p3');
});

test('a role is on a partition of its disk, or on the array over both', async (t) => {
  const { plan: single } = await planCase({ machine: 'whitebox-sata-usb', host: 'nvme' });
  t.is(deviceOf(single, 'state'), '/dev/nvme0n1p5');
  t.false(hasRole(single, 'swap'));
  const { plan: mirror } = await planCase({ machine: 'two-nvme-equal', host: 'mirror' });
  t.is(deviceOf(mirror, 'state'), '/dev/md/kronos-state');
  t.deepEqual(membersOf(mirror, 'efi'), ['/dev/nvme0n1p2', '/dev/nvme1n1p2']);
});

test('sgdisk makes exactly the partitions of the plan', async (t) => {
  if (
    await run(['sgdisk', '--version']).then(
      () => false,
      () => true,
    )
  ) {
    t.pass('sgdisk is not here');
    return;
  }
  const { system } = (
    await planCase({
      machine: 'too-small',
      host: 'virtio-system',
      change: ({ disks }) => {
        for (const disk of disks) disk.size = 10 * 2 ** 30;
      },
    })
  ).plan;
  const file = join(await temporaryDirectory(t), 'disk');
  await writeFile(file, '');
  await truncate(file, 10 * 2 ** 30);
  const [disk] = system.disks;
  if (disk === undefined) throw new Error('no disk');
  // As the step does: what a BIOS would start is there before the table that makes it start it.
  await writeBootCode(file, UNFINISHED);
  await run(['sgdisk', ...tableArguments(system.layout, disk, false).slice(0, -1), file]);
  t.true(await isUnfinished(file), 'sgdisk keeps the boot code');
  const { stdout } = await run(['sgdisk', '--print', file]);
  const found = [...stdout.matchAll(/^ +(\d+) +(\d+) +(\d+) .* (kronos-\S+)$/gm)].map(
    ([, number, first, last, name]) => ({
      number: Number(number),
      offset: Number(first) * 512,
      size: (Number(last) - Number(first) + 1) * 512,
      name,
    }),
  );
  t.deepEqual(
    found,
    system.layout.partitions.map(({ number, offset, size, name }) => ({
      number,
      offset,
      size,
      name,
    })),
  );
});
