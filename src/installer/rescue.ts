// Rescue: the host that is on the disks, opened below one directory so that a person can work in it.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { flattenDevices, isMounted } from './devices.ts';
import { nameOfRole } from './plan/layout.ts';

/** Where the host is opened. */
export const RESCUE = '/mnt';

/** What programs in the host expect. */
const SYSTEM = ['dev', 'proc', 'sys', 'run'];

/** A device as lsblk tells it. */
export interface Device {
  path: string;
  type: string;
  fstype: string | null;
  partlabel: string | null;
  children?: Device[];
}

/** How a root file system is reached. */
export interface RootPlace {
  /** The file system, or undefined where its array has to be put together first. */
  device: string | undefined;
  members: string[];
}

type Run = (argv: readonly string[]) => Promise<{ stdout: string }>;

/**
 * Opens the host and says what was done, as a text for the person.
 * Errors: `host/no-host` where there is none, `host/several-hosts`, those of the programs.
 */
export async function openHost(runs: Run = run, target = RESCUE): Promise<string> {
  const open = await isMounted(target, runs);
  if (!open) await mountHost(runs, target);
  const hostname = (await readFile(join(target, 'etc/hostname'), 'utf8').catch(() => '')).trim();
  return [
    `The host ${hostname === '' ? '(without a name)' : hostname} is ${open ? 'still ' : ''}open below ${target}, with its state.`,
    '',
    `  chroot ${target} /bin/bash    work in it; "exit" leads back`,
    `  umount -R ${target}           close it before the machine is restarted`,
    '',
  ].join('\n');
}

async function mountHost(runs: Run, target: string): Promise<void> {
  const columns = 'PATH,TYPE,FSTYPE,PARTLABEL';
  const { stdout } = await runs(['lsblk', '--json', '--paths', '--output', columns]);
  const { blockdevices } = JSON.parse(stdout) as { blockdevices: Device[] };
  const { device, members } = findRoot(blockdevices);
  const root = device ?? `/dev/md/${nameOfRole('root-a')}`;
  if (device === undefined) await runs(['mdadm', '--assemble', '--run', root, ...members]);
  await mkdir(target, { recursive: true });
  await runs(['mount', root, target]);
  // State and what lies on it, as the host itself mounts them.
  const table = join(target, 'etc/fstab');
  await runs(['mount', '--all', '--types', 'noswap', '--fstab', table, '--target-prefix', target]);
  for (const name of SYSTEM) await runs(['mount', '--rbind', `/${name}`, join(target, name)]);
}

/** Errors: `host/no-host`, `host/several-hosts`. */
export function findRoot(devices: readonly Device[]): RootPlace {
  const partitions = flattenDevices(devices).filter(
    ({ partlabel }) => partlabel === nameOfRole('root-a'),
  );
  const [first, ...others] = partitions;
  if (first === undefined) {
    throw new KronosError('host/no-host', 'no host of Kronos is on the disks of this machine', {
      hint: 'look at them with: lsblk -f',
    });
  }
  const members = partitions.map(({ path }) => path);
  const arrays = new Set(
    partitions.flatMap(({ children = [] }) => children.map((one) => one.path)),
  );
  const mirrored = first.fstype === 'linux_raid_member';
  const [array] = arrays;
  if ((others.length > 0 && !mirrored) || others.length > 1 || arrays.size > 1) {
    throw new KronosError(
      'host/several-hosts',
      `more than one host is on the disks: ${members.join(', ')}`,
      { hint: `mount the right one yourself, for example: mount ${first.path} ${RESCUE}` },
    );
  }
  return { device: mirrored ? array : first.path, members };
}
