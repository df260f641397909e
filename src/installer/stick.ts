// The stick: a partition labelled KRONOS, which brings a host file and takes logs home.
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../common/process.ts';

/** File system label of the partition. */
export const LABEL = 'KRONOS';

/** Where it is mounted, read-only, while a host file and what lies beside it is read from it. */
export const STICK = '/run/kronos/stick';

/** Directory of logs on it. */
const LOGS = 'kronos-logs';

/** A partition with the label. */
export interface Labelled {
  path: string;
  /** Whether it can be pulled out. What is built in is only read. */
  removable: boolean;
  mounted: readonly string[];
}

/** What lsblk says of a device; a flag is a text in older versions. */
interface Device {
  path: string;
  label: string | null;
  hotplug?: boolean | string | null;
  rm?: boolean | string | null;
  tran?: string | null;
  mountpoints?: readonly (string | null)[];
  children?: Device[];
}

type Run = (argv: readonly string[]) => Promise<{ stdout: string }>;

/** The first partition with the label, in capitals. Errors: those of running lsblk. */
export async function findLabelled(
  filter: (found: Labelled) => boolean = () => true,
  runs: Run = run,
  wanted: string = LABEL,
): Promise<Labelled | undefined> {
  const columns = 'PATH,LABEL,HOTPLUG,RM,TRAN,MOUNTPOINTS';
  const { stdout } = await runs(['lsblk', '--json', '--paths', '--output', columns]);
  const { blockdevices } = JSON.parse(stdout) as { blockdevices: Device[] };
  return listLabelled(blockdevices, wanted, false).find(filter);
}

function listLabelled(
  devices: readonly Device[],
  wanted: string,
  onRemovable: boolean,
): Labelled[] {
  return devices.flatMap((device) => {
    const { path, label, hotplug, rm, tran, mountpoints = [], children = [] } = device;
    const removable = onRemovable || isSet(hotplug) || isSet(rm) || tran === 'usb';
    const mounted = mountpoints.filter((point) => point !== null);
    return [
      ...(label?.toUpperCase() === wanted ? [{ path, removable, mounted }] : []),
      ...listLabelled(children, wanted, removable),
    ];
  });
}

function isSet(flag: boolean | string | null | undefined): boolean {
  return flag === true || flag === '1';
}

/**
 * Copies files to a stick, if there is one, into a directory of their own; it is writable only meanwhile. Gives what was
 * written, as a person would look for it: `kronos-logs/NAME on /dev/sdb1`; undefined where there is no stick.
 * Errors: those of mounting and copying.
 */
export async function saveOnStick(
  name: string,
  files: readonly string[],
  options: { run?: Run; stick?: string } = {},
): Promise<string | undefined> {
  const { run: runs = run, stick: place = STICK } = options;
  // What brought the host file is meant, whatever it is.
  const stick = await findLabelled((one) => one.removable || one.mounted.includes(place), runs);
  if (stick === undefined) return undefined;
  const kept = stick.mounted.includes(place);
  const root = kept ? place : `${place}-logs`;
  await mkdir(root, { recursive: true });
  if (kept) await runs(['mount', '-o', 'remount,rw', root]);
  else await runs(['mount', '-o', 'rw,nosuid,nodev,noexec', stick.path, root]);
  try {
    const directory = join(root, LOGS, name);
    await mkdir(directory, { recursive: true });
    for (const file of files) await copyFile(file, join(directory, basename(file)));
    await runs(['sync', '--file-system', directory]);
  } finally {
    await runs(kept ? ['mount', '-o', 'remount,ro', root] : ['umount', root]);
  }
  return `${LOGS}/${name} on ${stick.path}`;
}
