// Where the parts of a system disk go: decided from its size and what the host file says, before anything is touched.
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { Disks } from '../../host/schema/disks.ts';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;

/** Partitions start and end on whole MiB: whole sectors and whole erase blocks of every disk there is. */
const ALIGNMENT = MEBIBYTE;

/** Disks below this (bytes) get the small sizes and one root slot. */
const SMALL_DISK = 24e9;

/** The smallest system disk (bytes): 8 GiB less what makers round away. */
export const SMALLEST_DISK = 8e9;

/** At the end of the disk: the second table, and room for the metadata of a RAID1 that lies behind a file system. */
const TAIL = MEBIBYTE;

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

const SIZES = {
  small: { efi: 256 * MEBIBYTE, root: 3 * GIBIBYTE, slots: 1, state: 2 * GIBIBYTE },
  usual: { efi: 512 * MEBIBYTE, root: 8 * GIBIBYTE, slots: 2, state: 8 * GIBIBYTE },
} as const;

/** Floors for what a host file may ask for (bytes), by key. */
const LEAST = { efi: 64 * MEBIBYTE, root: 2 * GIBIBYTE, state: 512 * MEBIBYTE } as const;

/**
 * The layout for a disk of `size` bytes. Numbers are fixed by role order; what is not made leaves no gap in them.
 * Errors: `host/disk-too-small` with what is needed; `input/partition-size`.
 */
export function layOutSystem(size: number, wish: Disks['system']['partitions']): Layout {
  if (size < SMALLEST_DISK) throw tooSmall(size, SMALLEST_DISK);
  const defaults = size < SMALL_DISK ? SIZES.small : SIZES.usual;
  for (const [key, least] of Object.entries(LEAST)) {
    const asked = wish[key as keyof typeof LEAST];
    if (asked !== undefined && asked < least) {
      throw new KronosError(
        'input/partition-size',
        `disks.system.partitions.${key}: ${formatBytes(asked)} is too little`,
        { hint: `give it at least ${formatBytes(least)}, or leave the key out` },
      );
    }
  }
  const root = wish.root ?? defaults.root;
  const slots = wish.slots ?? defaults.slots;
  const parts: [Role, number][] = [
    ['bios', MEBIBYTE],
    ['efi', wish.efi ?? defaults.efi],
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
    partitions.push({ number, role, name: `kronos-${role}`, offset, size: whole });
    offset += whole;
  };
  for (const [role, bytes] of parts) add(role, bytes);
  const fixed = offset + TAIL;
  if (fixed > size) throw tooSmall(size, fixed);
  const left = end - offset;
  if (wish.storage === 'rest') {
    if (left >= SMALLEST_STORAGE) add('storage', left);
  } else if (wish.storage > 0) {
    if (wish.storage > left) throw tooSmall(size, fixed + wish.storage);
    add('storage', wish.storage);
  }
  return { partitions, size: offset + TAIL };
}

function tooSmall(size: number, needed: number): KronosError {
  return new KronosError(
    'host/disk-too-small',
    `the system disk has ${formatBytes(size)}, but ${formatBytes(needed)} are needed`,
    { hint: 'take a larger disk, or give smaller sizes or "slots: 1" in disks.system.partitions' },
  );
}

/** The partition of a role, which must be there. */
export function partitionOf(layout: Layout, role: Role): Partition {
  const found = layout.partitions.find((partition) => partition.role === role);
  if (found === undefined) throw new TypeError(`the layout has no partition ${role}`);
  return found;
}
