// Clears the disks of the plan: what stands on them is stopped from the top down, then every signature goes.
import { open } from 'node:fs/promises';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { BOOT_CODE_SIZE, UNFINISHED } from '../../host/probe/boot-code.ts';
import type { Step } from '../../steps/run.ts';
import { flattenDevices } from '../devices.ts';
import { disksOf } from '../plan/plan.ts';
import { isFresh, type InstallContext } from './context.ts';
import { writeAt } from './write-at.ts';

/** Zeroed at both ends of a disk (bytes): boot code, tables, and metadata that no tool of ours knows. */
const ENDS = 4 * 1024 * 1024;

/** A device that stands on a disk, as lsblk tells it. */
interface Standing {
  path: string;
  type: string;
  children?: Standing[];
}

export const eraseStep: Step<InstallContext> = {
  name: 'erase',
  title: 'Clearing the disks',
  weight: 4,
  applies: isFresh,
  apply: async ({ plan }, progress) => {
    for (const disk of disksOf(plan)) {
      progress.note(`clearing ${disk.name}`);
      await eraseDisk(disk.name);
    }
  },
};

/** Errors: `host/disk-busy` where something on the disk cannot be stopped. */
export async function eraseDisk(name: string): Promise<void> {
  const path = `/dev/${name}`;
  const disk = await findStanding(path);
  const all = flattenDevices(disk.children ?? []);
  // Partitions and what stands on them, the topmost first.
  for (const device of all.toReversed()) await stopDevice(device);
  // What starts a host goes before the host does, so that a cut here leaves nothing that begins and then fails. Not by
  // zeros: the table of a PC is still there, and a BIOS would run them, and hang.
  await writeBootCode(path, UNFINISHED);
  const parts = all.filter((device) => device.type === 'part').map((device) => device.path);
  if (parts.length > 0) await run(['wipefs', '--all', '--force', '--quiet', ...new Set(parts)]);
  await run(['wipefs', '--all', '--force', '--quiet', path]);
  await zeroEnds(path);
  await run(['blockdev', '--rereadpt', path]);
}

/** Overwrites what a BIOS starts and leaves the table behind it. `path` is that of a disk. */
export async function writeBootCode(path: string, code: Buffer): Promise<void> {
  const whole = Buffer.alloc(BOOT_CODE_SIZE);
  code.copy(whole);
  await writeAt(path, whole, 0);
}

async function findStanding(path: string): Promise<Standing> {
  const { stdout } = await run(['lsblk', '--json', '--paths', '--output', 'PATH,TYPE', path]);
  const { blockdevices } = JSON.parse(stdout) as { blockdevices: Standing[] };
  return blockdevices[0] ?? { path, type: 'disk' };
}

async function stopDevice({ path, type }: Standing): Promise<void> {
  const command = stopCommand(path, type);
  if (command === undefined) return;
  try {
    await run(command);
  } catch (error) {
    throw new KronosError('host/disk-busy', `${path} (${type}) cannot be stopped`, {
      hint: 'close what uses it, or start the machine anew and install before anything is mounted',
      cause: error,
    });
  }
}

function stopCommand(path: string, type: string): string[] | undefined {
  if (type === 'part' || type === 'disk') return undefined;
  if (type.startsWith('raid') || type === 'linear' || type === 'md')
    return ['mdadm', '--stop', path];
  // LVM volumes, encrypted devices and multipath maps are all maps of the device mapper.
  return ['dmsetup', 'remove', '--retry', path];
}

async function zeroEnds(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { stdout } = await run(['blockdev', '--getsize64', path]);
    const size = Number(stdout);
    const zeros = Buffer.alloc(Math.min(ENDS, size));
    await file.write(zeros, 0, zeros.length, 0);
    await file.write(zeros, 0, zeros.length, size - zeros.length);
    await file.sync();
  } finally {
    await file.close();
  }
}
