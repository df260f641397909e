// Which devices of this machine the disks of a host file are now: names change from start to start.
import { realpath } from 'node:fs/promises';
import { KronosError } from '../../common/error.ts';
import type { Disk } from '../../host/inventory.ts';
import { isSameDisk } from '../../host/select/identity.ts';
import { describeDisk } from '../../host/select/table.ts';
import type { Installed, InstalledDisk } from '../installed.ts';

/** What storage repositories call the rest of the system disk. */
const SYSTEM = 'system';

/** Where udev shows the partition for storage of the system disk; of a mirror both halves have the name. */
const PARTITION = '/dev/disk/by-partlabel/kronos-storage';
const ARRAY = '/dev/md/kronos-storage';

/**
 * Paths of the devices behind names of the host file. Errors: `host/storage-disk-missing` with what is there,
 * `host/no-storage-partition`.
 */
export async function findDevices(
  names: readonly string[],
  installed: Installed,
  disks: readonly Disk[],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    if (name === SYSTEM) found.push(await findPartition(installed));
    else found.push(...planned(name, installed).map((disk) => findDisk(disk, disks)));
  }
  return found;
}

function planned(name: string, { disks }: Installed): InstalledDisk[] {
  const found = disks.storage.find((one) => one.name === name);
  if (found !== undefined) return found.disks;
  throw new KronosError(
    'host/storage-disk-missing',
    `no disk was chosen for ${name} when the host was installed`,
    {
      hint: 'install again with --reinstall, which keeps state and storage and chooses the disks of the host file',
    },
  );
}

/** The kernel's name of the device that a planned disk has now, for example /dev/sdb. */
export function findDisk(planned: InstalledDisk, disks: readonly Disk[]): string {
  const { name, ...identity } = planned;
  const [first, ...more] = disks.filter((disk) => isSameDisk(identity, disk));
  if (first !== undefined && more.length === 0) return `/dev/${first.name}`;
  const there = disks.map((disk) => `${disk.name} (${describeDisk(disk)})`).join('; ');
  const what = [planned.model, planned.serial ?? planned.wwn ?? planned.place]
    .filter((text) => text !== undefined)
    .join(', ');
  throw new KronosError(
    'host/storage-disk-missing',
    first === undefined
      ? `the disk that was ${name} (${what}) is not there; there are ${there}`
      : `several disks say that they are ${what}: ${[first, ...more].map((disk) => disk.name).join(', ')}`,
    {
      hint: 'look at the cabling; a disk that was replaced is chosen by installing again with --reinstall',
    },
  );
}

async function findPartition({ disks }: Installed): Promise<string> {
  const path = disks.system.raid ? ARRAY : PARTITION;
  try {
    return await realpath(path);
  } catch (error) {
    throw new KronosError('host/no-storage-partition', `there is no ${path}`, {
      hint: 'the system disk has no partition for storage: name another disk under storage',
      cause: error,
    });
  }
}
