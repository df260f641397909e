// One installation: the plan of a host file carried out on this machine, or nothing that could start left behind.
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import { probeMachine } from '../host/probe/probe.ts';
import type { EventSink } from '../steps/event.ts';
import { runSteps, type Step } from '../steps/run.ts';
import { configureStep, makeIds, stateStep } from './apply/configure.ts';
import { isFresh, type InstallContext } from './apply/context.ts';
import { checkCopyStep } from './apply/check-copy.ts';
import { bootFilesStep, copyStep } from './apply/copy.ts';
import { eraseDisk, eraseStep } from './apply/erase.ts';
import { loaderStep } from './apply/loader.ts';
import { STATE_MOUNT } from './apply/files.ts';
import { formatStep, partitionStep } from './apply/partition.ts';
import { disarmDisks, reopenStep, requireLayout } from './apply/reopen.ts';
import {
  afterCopyHooksStep,
  afterInstallHooksStep,
  beforeInstallHooksStep,
  carryHooksStep,
  fetchHooksStep,
} from './hooks.ts';
import { isMounted } from './devices.ts';
import { tellDiskErrors } from './disk-error.ts';
import type { InstallImage } from './image.ts';
import { disksOf, isPlannedDisk, type InstallPlan } from './plan/plan.ts';
import { JOURNAL } from './sinks.ts';

export interface InstallOptions {
  plan: InstallPlan;
  image: InstallImage;
  hostFile: HostFile;
  passwords: ReadonlyMap<string, string>;
  carried?: InstallContext['carried'];
  /** The check of the image's layers, which takes so long that it began when the program did. */
  intact: Promise<void>;
  sink: EventSink;
  signal: AbortSignal;
  fetchBytes: InstallContext['fetchBytes'];
  beside?: InstallContext['beside'];
}

/** Where the new root is mounted. */
const TARGET = '/run/kronos/target';

const checkStep: Step<InstallContext> = {
  name: 'check',
  title: 'Checking the image and the disks',
  weight: 8,
  apply: async ({ plan, hostFile, intact }) => {
    const [inventory] = await Promise.all([probeMachine(), intact]);
    for (const planned of disksOf(plan)) {
      const found = inventory.disks.find((disk) => disk.name === planned.name);
      if (found !== undefined && isPlannedDisk(planned, found)) continue;
      throw new KronosError(
        'host/disk-changed',
        `${planned.name} is not the disk that was planned with any more`,
        { hint: 'disks were added, removed or renamed meanwhile; run the installation again' },
      );
    }
    if (!isFresh({ plan })) requireLayout(plan, inventory.disks, hostFile.disks.system.partitions);
  },
};

const finishStep: Step<InstallContext> = {
  name: 'finish',
  title: 'Closing the disks',
  weight: 2,
  apply: async ({ target }) => {
    // The directory that the host will see, on the state partition.
    const log = join(target, STATE_MOUNT, 'var/log/kronos');
    await mkdir(log, { recursive: true });
    await copyFile(JOURNAL, join(log, 'install.jsonl'));
    await unmountAll(target);
  },
};

/** Every step of an installation, in order. The boot loader is the last thing that is written. */
export const INSTALL_STEPS: readonly Step<InstallContext>[] = [
  ...[fetchHooksStep, beforeInstallHooksStep, checkStep, reopenStep],
  ...[eraseStep, partitionStep, formatStep],
  ...[copyStep, bootFilesStep, checkCopyStep, afterCopyHooksStep, configureStep, carryHooksStep],
  ...[afterInstallHooksStep, stateStep, loaderStep, finishStep],
].map((step) => tellDiskErrors<InstallContext>(step));

/**
 * Carries out a plan. Where it fails after the partition table was written, the table is cleared again: a disk with half
 * a system must not start.
 * A reinstallation keeps the table and what the plan keeps; its disks do not start either until the end.
 * Errors: those of the steps.
 */
export async function install(options: InstallOptions): Promise<void> {
  const { plan, sink, signal } = options;
  const context: InstallContext = {
    ...options,
    target: TARGET,
    ids: makeIds(plan.system.disks.length, randomUUID),
    half: false,
  };
  try {
    await runSteps(INSTALL_STEPS, context, { stage: 'install', sink, signal });
  } catch (error) {
    await leaveNothing(context, sink);
    throw error;
  }
}

async function leaveNothing(context: InstallContext, sink: EventSink): Promise<void> {
  try {
    await unmountAll(context.target);
    if (!context.half) return;
    if (!isFresh(context)) await disarmDisks(context.plan);
    else for (const disk of context.plan.system.disks) await eraseDisk(disk.name);
  } catch (error) {
    sink({
      ...{ time: new Date().toISOString(), stage: 'install', step: 'clean-up', state: 'failed' },
      ...{ percent: 0, message: `clearing up failed: ${String(error)}` },
      hint: 'the disk may hold half a system; erase it before anything is started from it',
    });
  }
}

async function unmountAll(target: string): Promise<void> {
  if (await isMounted(target)) await run(['umount', '--recursive', target]);
}
