// Where the parts of a system disk go: decided from its size and what the host file says, before anything is touched.
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { Disks } from '../../host/schema/disks.ts';
import { throwAll } from './collect.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;

/** Partitions start and end on whole MiB: whole sectors and whole erase blocks of every disk there is. */
export const ALIGNMENT = MEBIBYTE;

/** Disks below this (bytes) get the small sizes and one root slot: the usual ones would leave little or nothing. */
const SMALL_DISK = 32e9;

/** The smallest system disk (bytes): 8 GiB less what makers round away. */
export const SMALLEST_DISK = 8e9;

/** At the end of the disk: the second table, and room for the metadata of a RAID1 that lies behind a file system. */
export const TAIL = MEBIBYTE;

/** Left over below this (bytes) no partition for the local storage repository is made. */
const SMALLEST_STORAGE = 256 * MEBIBYTE;

export const ROLES = ['bios', 'efi', 'root-a', 'root-b', 'state', 'swap', 'storage'] as const;
export type Role = (typeof ROLES)[number];

/** A partition; offsets and sizes in bytes. */
export interface Partition {
  number: number;
  role: Role;
  /** Partition name in the table; what finds the parts of a host again. */
  name: string;
  offset: number;
  size: number;
}

export interface Layout {
  partitions: Partition[];
  /** Bytes of the smallest disk that it fits. */
  size: number;
}

export type PartitionWish = Disks['system']['partitions'];

export interface LayoutOptions {
  /** Bytes of a sector as the disk is addressed. */
  logicalSector?: number;
  /** What messages call the disk. */
  disk?: string;
}

const SIZES = {
  small: { efi: 256 * MEBIBYTE, root: 3 * GIBIBYTE, slots: 1, state: 2 * GIBIBYTE },
  usual: { efi: 512 * MEBIBYTE, root: 8 * GIBIBYTE, slots: 2, state: 8 * GIBIBYTE },
} as const;

/** Floors for what a host file may ask for (bytes), by key. */
const LEAST = { efi: 64 * MEBIBYTE, root: 2 * GIBIBYTE, state: 512 * MEBIBYTE } as const;

/** A FAT32 needs 65,525 clusters, and no cluster is smaller than a sector. */
const FAT32_CLUSTERS = 65_525;

/**
 * The layout for a disk of `size` bytes. Numbers are fixed by role order; what is not made leaves no gap in them.
 * Errors: `host/disk-too-small` with what is needed; `input/partition-size`, all at once.
 */
export function layOutSystem(
  size: number,
  wish: PartitionWish,
  { logicalSector = 512, disk = 'the system disk' }: LayoutOptions = {},
): Layout {
  if (size < SMALLEST_DISK) {
    throw new KronosError(
      'host/disk-too-small',
      `${disk} has ${formatBytes(size)}, but a host needs ${formatBytes(SMALLEST_DISK)}`,
      { hint: 'take a larger disk' },
    );
  }
  const defaults = size < SMALL_DISK ? SIZES.small : SIZES.usual;
  const least = { ...LEAST, efi: Math.max(LEAST.efi, leastFat32(logicalSector)) };
  checkSizes(wish, least);
  const root = wish.root ?? defaults.root;
  const slots = wish.slots ?? defaults.slots;
  const parts: [Role, number][] = [
    ['bios', MEBIBYTE],
    ['efi', wish.efi ?? Math.max(defaults.efi, least.efi)],
    ['root-a', root],
    ...(slots === 2 ? [['root-b', root] satisfies [Role, number]] : []),
    ['state', wish.state ?? defaults.state],
    ...(wish.swap > 0 ? [['swap', wish.swap] satisfies [Role, number]] : []),
  ];
  const end = Math.floor((size - TAIL) / ALIGNMENT) * ALIGNMENT;
  const partitions: Partition[] = [];
  let offset = ALIGNMENT;
  const add = (role: Role, bytes: number): void => {
    const whole = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const number = partitions.length + 1;
    partitions.push({ number, role, name: nameOfRole(role), offset, size: whole });
    offset += whole;
  };
  for (const [role, bytes] of parts) add(role, bytes);
  const fixed = offset + TAIL;
  if (fixed > size) throw tooSmall(disk, size, fixed);
  const left = end - offset;
  if (wish.storage === 'rest') {
    if (left >= SMALLEST_STORAGE) add('storage', left);
  } else if (wish.storage > 0) {
    if (wish.storage > left) throw tooSmall(disk, size, fixed + wish.storage);
    add('storage', wish.storage);
  }
  return { partitions, size: offset + TAIL };
}

function checkSizes(wish: PartitionWish, least: Record<keyof typeof LEAST, number>): void {
  const errors: KronosError[] = [];
  for (const key of ['efi', 'root', 'state'] as const) {
    const asked = wish[key];
    if (asked === undefined || asked >= least[key]) continue;
    errors.push(
      new KronosError(
        'input/partition-size',
        `disks.system.partitions.${key}: ${formatBytes(asked)} is too little`,
        { hint: `give it at least ${formatMebibytes(least[key])}, or leave the key out` },
      ),
    );
  }
  throwAll(errors);
}

/** Bytes, in whole MiB. */
function leastFat32(logicalSector: number): number {
  const clusters = FAT32_CLUSTERS * logicalSector;
  // Two tables of four bytes a cluster, and the reserved sectors, take less than another 3 MiB.
  return Math.ceil(clusters / MEBIBYTE + 3) * MEBIBYTE;
}

function formatMebibytes(bytes: number): string {
  return bytes >= GIBIBYTE ? `${bytes / GIBIBYTE} GiB` : `${bytes / MEBIBYTE} MiB`;
}

function tooSmall(disk: string, size: number, needed: number): KronosError {
  return new KronosError(
    'host/disk-too-small',
    `${disk} has ${formatBytes(size)}, but ${formatBytes(needed)} are needed`,
    { hint: 'take a larger disk, or give smaller sizes or "slots: 1" in disks.system.partitions' },
  );
}

/** The name of a partition in the table. */
export function nameOfRole(role: Role): string {
  return `kronos-${role}`;
}

/** The partition of a role, or undefined where the layout has none. */
export function findPartition(layout: Layout, role: Role): Partition | undefined {
  return layout.partitions.find((partition) => partition.role === role);
}

/** The partition of a role, which must be there. */
export function partitionOf(layout: Layout, role: Role): Partition {
  const found = findPartition(layout, role);
  if (found === undefined) throw new TypeError(`the layout has no partition ${role}`);
  return found;
}
