// Looks at the machine that we run on. Reads only: nothing is mounted, assembled, stopped or written.
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import { CommandError, run as runProgram, type RunResult } from '../../common/process.ts';
import type { Inventory } from '../inventory.ts';
import { isUnfinished } from './boot-code.ts';
import { parseBootNote, type BootNote } from './boot-medium.ts';
import { isDisk, makeDisks } from './disks.ts';
import { makeInterfaces } from './interfaces.ts';
import {
  descendantsOf,
  isPartition,
  LSBLK_COLUMNS,
  parseLsblk,
  type BlockDevice,
} from './lsblk.ts';
import { makeMachine, type MachineFacts } from './machine.ts';
import { parseWipefs, WIPEFS_COLUMNS, type Signature } from './signatures.ts';
import {
  isBusy,
  readAttribute,
  readDiskAttributes,
  readInterfaces,
  readLinks,
  readPartitionName,
  readPartitionStart,
} from './sysfs.ts';
import { parseVolumeGroups } from './volume-groups.ts';

export interface ProbeOptions {
  /** Where /sys, /proc, /run and /dev/disk are looked for. */
  root?: string;
  /** Runs a program; for tests with recorded output. */
  run?: (argv: readonly string[]) => Promise<Pick<RunResult, 'stdout'>>;
  /** Which devices of lsblk count as disks. */
  isDisk?: (device: BlockDevice) => boolean;
}

/** Seconds; a disk that does not answer for so long is as good as unreadable. */
const PATIENCE = 60;

/**
 * The inventory of this machine; as root, all of it. A disk that cannot be read is in it as such.
 * Errors: `dependency/tool-missing` and `io/command-failed` (lsblk, wipefs), `io/unexpected-output`.
 */
export async function probeMachine(options: ProbeOptions = {}): Promise<Inventory> {
  const root = options.root ?? '/';
  const run =
    options.run ?? ((argv: readonly string[]) => runProgram(argv, { timeoutSeconds: PATIENCE }));
  const wanted = options.isDisk ?? isDisk;
  // Beside all the others: it takes as long as they do.
  const volumeGroups = attempt(async () => {
    const argv = ['pvs', '--readonly', '--reportformat', 'json', '-o', 'pv_uuid,vg_name'];
    return parseVolumeGroups((await run(argv)).stdout);
  });
  // Whoever waits for it hears of it; until then nobody does.
  volumeGroups.catch(() => undefined);
  const devices = parseLsblk(
    (await run(['lsblk', '--json', '--bytes', '--all', '--output', LSBLK_COLUMNS.join(',')]))
      .stdout,
  );
  const disks = devices.filter(wanted);
  const names = disks.map((disk) => disk.kname);
  const busy = await Promise.all(
    disks.map(async ({ kname, path }) => [kname, await isBusy(join(root, path ?? kname))] as const),
  );
  const unfinished = await Promise.all(
    disks.map(async ({ kname, path }) => {
      return [kname, await isUnfinished(join(root, path ?? `/dev/${kname}`))] as const;
    }),
  );
  return {
    format: 'kronos-inventory',
    version: 1,
    machine: makeMachine(await readMachine(root, run)),
    disks: makeDisks({
      devices,
      signatures: await readSignatures(disks, run),
      attributes: new Map(
        await Promise.all(
          names.map(async (name) => [name, await readDiskAttributes(root, name)] as const),
        ),
      ),
      partitionNames: await readOfPartitions(disks, (kname) => readPartitionName(root, kname)),
      partitionStarts: await readOfPartitions(disks, (kname) => readPartitionStart(root, kname)),
      links: await readLinks(root),
      volumeGroups: (await volumeGroups) ?? new Map(),
      busy: new Set(busy.flatMap(([name, is]) => (is ? [name] : []))),
      unfinished: new Set(unfinished.flatMap(([name, is]) => (is === true ? [name] : []))),
      boot: await readBootNote(root),
      isDisk: wanted,
    }),
    interfaces: makeInterfaces(await readInterfaces(root)),
  };
}

type Run = NonNullable<ProbeOptions['run']>;

/** Every signature on every disk and partition; one disk after the other would take long on a shelf of disks. */
async function readSignatures(
  disks: readonly BlockDevice[],
  run: Run,
): Promise<Map<string, Signature[] | undefined>> {
  const found = new Map<string, Signature[] | undefined>();
  await Promise.all(
    disks.map(async (disk) => {
      for (const part of [disk, ...descendantsOf(disk).filter(isPartition)]) {
        if (part.size === 0) continue;
        found.set(part.kname, await readSignaturesOf(part, run));
      }
    }),
  );
  return found;
}

async function readSignaturesOf(part: BlockDevice, run: Run): Promise<Signature[] | undefined> {
  const path = part.path ?? `/dev/${part.kname}`;
  try {
    const argv = ['wipefs', '--json', '--output', WIPEFS_COLUMNS.join(','), path];
    return parseWipefs((await run(argv)).stdout);
  } catch (error) {
    // A disk that fails to be read is told as such; a program that is missing is not the fault of the disk.
    if (error instanceof CommandError) return undefined;
    if (error instanceof KronosError && error.code === 'io/command-timeout') return undefined;
    throw error;
  }
}

/** What is known of each partition, by its kernel name. */
async function readOfPartitions<T>(
  disks: readonly BlockDevice[],
  read: (kname: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  for (const { kname } of disks.flatMap(descendantsOf).filter(isPartition)) {
    const value = await read(kname);
    if (value !== undefined) found.set(kname, value);
  }
  return found;
}

async function readBootNote(root: string): Promise<BootNote> {
  const note = parseBootNote(await readAttribute(join(root, 'run/kronos/boot')));
  if (note.device === undefined) return note;
  const device = await realpath(join(root, note.device)).catch(() => undefined);
  return { ...note, device: root === '/' ? (device ?? note.device) : note.device };
}

async function readMachine(root: string, run: Run): Promise<MachineFacts> {
  const read = (path: string): Promise<string | undefined> => readAttribute(join(root, path));
  const xen = (await read('sys/hypervisor/type')) === 'xen';
  const dmi: Record<string, string | undefined> = {};
  for (const name of [
    'sys_vendor',
    'product_name',
    'product_serial',
    'product_uuid',
    'chassis_asset_tag',
  ]) {
    dmi[name] = await read(`sys/class/dmi/id/${name}`);
  }
  return {
    dmi,
    efi: await exists(join(root, 'sys/firmware/efi')),
    meminfo: (await read('proc/meminfo')) ?? '',
    cpuinfo: (await read('proc/cpuinfo')) ?? '',
    xen,
    xlInfo: xen ? await attempt(async () => (await run(['xl', 'info'])).stdout) : undefined,
  };
}

/** What makes the inventory better where a program is there and works, and is not needed. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KronosError && error.class !== 'internal') return undefined;
    throw error;
  }
}
