// Whenever a run is cut, what a BIOS would start from the disk is code: it runs the first sector of every disk that has the
// table of a PC, and zeros hang it. Seen on a loop device, before and after every program that writes to it.
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import type { InstallContext } from '../../../src/installer/apply/context.ts';
import { eraseDisk } from '../../../src/installer/apply/erase.ts';
import { partitionStep } from '../../../src/installer/apply/partition.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { fakePrograms } from '../fake-programs.ts';
import { planCase } from '../plan/machines.ts';

const PROGRAMS = ['lsblk', 'wipefs', 'blockdev', 'sgdisk', 'udevadm'];

test('at no moment of dividing a disk has it a table in front of zeros', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'disk');
  await writeFile(file, '');
  await truncate(file, 10 * 2 ** 30);
  const device = await run(['losetup', '--find', '--show', file]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  const hasTools = await run(['sgdisk', '--version']).then(
    () => true,
    () => false,
  );
  if (device === undefined || !hasTools) {
    t.pass('there is no loop device or no sgdisk here');
    return;
  }
  t.teardown(() => run(['losetup', '--detach', device], { accept: [0, 1] }));
  // An old system: a table, and code in front of it.
  await run(['sgdisk', '--clear', '--new=1:2048:4095', device]);
  await run(['dd', `of=${device}`, 'bs=1', 'conv=notrunc', 'status=none'], { input: 'old code' });

  const seen = join(directory, 'seen');
  await mkdir(seen);
  await fakePrograms(
    t,
    // The kernel of the machine that runs this test needs no drivers for it.
    {
      ...Object.fromEntries(PROGRAMS.map((name) => [name, keeping(device, seen, name)])),
      modprobe: '',
    },
  );
  // The last that it does is to have the kernel read the table, which not every loop device can.
  await eraseDisk(basename(device)).catch((error: unknown) => {
    t.regex(String(error), /BLKRRPART/);
  });
  const { plan } = await planCase({
    machine: 'too-small',
    host: 'virtio-system',
    change: ({ disks }) => {
      for (const disk of disks) disk.size = 10 * 2 ** 30;
    },
  });
  const [disk] = plan.system.disks;
  if (disk === undefined) throw new Error('no disk');
  plan.system.disks = [{ ...disk, name: basename(device) }];
  const progress = { bytes: () => undefined, note: () => undefined };
  // What comes after the table needs nodes of partitions, which a loop device may not have.
  await partitionStep.apply({ plan } as InstallContext, progress).catch(() => undefined);

  const names = (await readdir(seen)).sort();
  t.true(
    names.some((name) => name.endsWith('sgdisk-after')),
    'the table was written',
  );
  for (const name of names) {
    const sector = await readFile(join(seen, name));
    const isStarted = sector.readUInt16LE(510) === 0xaa55;
    const isCode = sector.subarray(0, 8).some((byte) => byte !== 0);
    t.true(!isStarted || isCode, name);
  }
  t.is((await readFile(join(seen, names.at(-1) ?? ''))).readUInt16LE(510), 0xaa55);
});

/** What the shell does in the place of a program: the program, with the first sector kept before and after. */
function keeping(device: string, seen: string, name: string): string {
  const keep = (when: string): string =>
    `dd if=${device} of="${seen}/$(date +%s%N)-${name}-${when}" bs=512 count=1 status=none`;
  return `${keep('before')}; "\${REAL:-true}" "$@"; code=$?; ${keep('after')}; exit $code`;
}
