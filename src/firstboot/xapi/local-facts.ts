// What is on the disks of a local repository, and by which paths they are found after every start.
import type { BootContext } from '../context.ts';
import { findDevices } from '../storage/devices.ts';
import { readSignatures, readVolumes } from '../storage/volume-group.ts';
import type { LocalFacts, Repository } from './repositories.ts';
import type { Disk } from '../../host/inventory.ts';

/** Undefined for repositories that are on no disk of the host. Errors: those of findDevices, pvs and wipefs. */
export async function readLocalFacts(
  repository: Repository,
  { installed, readDisks }: BootContext,
): Promise<LocalFacts | undefined> {
  if (repository.type !== 'lvm' && repository.type !== 'ext') return undefined;
  const disks = await readDisks();
  const devices = await findDevices(repository.disks, installed, disks);
  const volumes = await readVolumes();
  const signatures = await readSignatures(devices);
  const group = volumes.find(
    ({ device, group }) => devices.includes(device) && group !== '',
  )?.group;
  return {
    paths: devices.map((device) => stablePath(device, disks)),
    ...(group === undefined ? {} : { group }),
    holds: [...new Set(devices.flatMap((device) => signatures.get(device) ?? []))],
  };
}

/** The link by the disk's own identity; a partition of the system disk has a label of its own. */
export function stablePath(device: string, disks: readonly Disk[]): string {
  const disk = disks.find(({ name }) => `/dev/${name}` === device);
  if (disk === undefined) {
    return device.startsWith('/dev/md')
      ? '/dev/md/kronos-storage'
      : '/dev/disk/by-partlabel/kronos-storage';
  }
  const byId = disk.links.filter((link) => link.startsWith('/dev/disk/by-id/')).sort();
  // A WWN outlives a change of the driver, which a name with the bus in it does not.
  return byId.find((link) => link.includes('/wwn-')) ?? byId[0] ?? disk.links[0] ?? device;
}
