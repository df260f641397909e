// By what a disk is known again after its name has changed.
import { digestData } from '../../common/digest.ts';
import type { Disk } from '../inventory.ts';

export interface DiskIdentity {
  /** Bytes. */
  size: number;
  logicalSector: number;
  vendor?: string | undefined;
  model?: string | undefined;
  serial?: string | undefined;
  wwn?: string | undefined;
  /** Its place on the bus, for disks that have neither serial number nor WWN, or share theirs with another. */
  place?: string | undefined;
}

/** What a disk says of itself, and where it is if that does not tell it from others. */
export function identityOf(disk: Disk, needsPlace: boolean): DiskIdentity {
  const { size, logicalSector, vendor, model, serial, wwn } = disk;
  const place = disk.links.find((link) => link.startsWith('/dev/disk/by-path/'));
  return { size, logicalSector, vendor, model, serial, wwn, place: needsPlace ? place : undefined };
}

/** Whether a disk is the one that is meant. */
export function isSameDisk(identity: DiskIdentity, disk: Disk): boolean {
  return digestData(identity) === digestData(identityOf(disk, identity.place !== undefined));
}
