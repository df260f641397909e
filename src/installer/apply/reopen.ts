// A reinstallation writes into the partitions that are there: what starts the old host goes first, what is kept is opened.
import { KronosError } from '../../common/error.ts';
import { digestData } from '../../common/digest.ts';
import { run } from '../../common/process.ts';
import type { Disk } from '../../host/inventory.ts';
import { REINSTALLING } from '../../host/probe/boot-code.ts';
import type { Step } from '../../steps/run.ts';
import { findInstalled } from '../plan/existing.ts';
import type { InstallPlan } from '../plan/plan.ts';
import { deviceOf, hasRole, isFresh, membersOf, type InstallContext } from './context.ts';
import { writeBootCode } from './erase.ts';
import { MIRRORED } from './partition.ts';

/** Exit codes of e2fsck: nothing wrong, errors corrected. */
const FSCK_DONE = [0, 1];

export const reopenStep: Step<InstallContext> = {
  name: 'reopen',
  title: 'Taking the old host out of the boot order',
  weight: 6,
  applies: (context) => !isFresh(context),
  apply: async (context) => {
    const { plan } = context;
    if (plan.system.raid) await assembleArrays(plan);
    const state = deviceOf(plan, 'state');
    // The host may have been switched off while it ran.
    await run(['e2fsck', '-p', state], { accept: FSCK_DONE });
    const { stdout } = await run(['blkid', '--match-tag', 'UUID', '--output', 'value', state]);
    context.ids = { ...context.ids, state: stdout.trim() };
    // Until here the old host is whole.
    context.half = true;
    await disarmDisks(plan);
  },
};

/**
 * Takes what firmware starts off the system disks and leaves the partitions: one that stopped halfway must not start.
 * Errors: those of the programs.
 */
export async function disarmDisks(plan: InstallPlan): Promise<void> {
  for (const { name } of plan.system.disks) await writeBootCode(`/dev/${name}`, REINSTALLING);
  await run(['wipefs', '--all', '--force', '--quiet', ...membersOf(plan, 'efi')]);
}

/** Errors: `host/disk-changed` where the partitions are not those of the plan any more, those of `findInstalled`. */
export function requireLayout(
  { system }: InstallPlan,
  disks: readonly Disk[],
  wish: Parameters<typeof findInstalled>[2],
): void {
  const found = system.disks.flatMap(({ name }) => disks.filter((disk) => disk.name === name));
  const layout = findInstalled(found, system.raid, wish);
  if (digestData(layout) === digestData(system.layout)) return;
  throw new KronosError(
    'host/disk-changed',
    'the partitions are not those that were planned with',
    {
      hint: 'something wrote to the disk meanwhile; run the installation again',
    },
  );
}

/** Arrays of the old host under our names. That of the storage repository stays as it is: volumes may stand on it. */
async function assembleArrays(plan: InstallPlan): Promise<void> {
  const roles = MIRRORED.filter((role) => role !== 'storage' && hasRole(plan, role));
  for (const role of roles) {
    const members = membersOf(plan, role);
    for (const array of await arraysOn(members)) await run(['mdadm', '--stop', array]);
    await run(['mdadm', '--assemble', '--run', deviceOf(plan, role), ...members]);
  }
  await run(['udevadm', 'settle', '--timeout=120']);
}

/** Arrays that the kernel put together by itself, whatever it called them. */
async function arraysOn(members: readonly string[]): Promise<string[]> {
  const { stdout } = await run([
    ...['lsblk', '--noheadings', '--list', '--paths', '--output', 'PATH,TYPE', ...members],
  ]);
  const arrays = stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, type = '']) => type.startsWith('raid'))
    .map(([path = '']) => path);
  return [...new Set(arrays)];
}
