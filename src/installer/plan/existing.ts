// The host that is on the disks already: what a reinstallation writes into, and what it leaves as it is.
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { Content, Disk } from '../../host/inventory.ts';
import {
  ALIGNMENT,
  findPartition,
  nameOfRole,
  ROLES,
  TAIL,
  type Layout,
  type Partition,
  type PartitionWish,
  type Role,
} from './layout.ts';

/** What a reinstallation leaves as it is. */
export const KEPT_ROLES: readonly Role[] = ['state', 'storage'];

/** Without these it is no host of ours. */
const NEEDED: readonly Role[] = ['bios', 'efi', 'root-a', 'state'];

/**
 * The layout that is on the system disks, read from them and never computed: a reinstallation writes into the partitions
 * that are there and leaves the table alone.
 * Errors: `host/cannot-reinstall` where it is not ours through and through, or not what the host file asks for.
 */
export function findInstalled(disks: readonly Disk[], raid: boolean, wish: PartitionWish): Layout {
  const [first, ...others] = disks;
  if (first === undefined) throw new TypeError('a system is on at least one disk');
  const partitions = readPartitions(first);
  for (const disk of others) {
    const own = readPartitions(disk);
    const same =
      own.length === partitions.length &&
      own.every(({ number, role, offset, size }, index) => {
        const other = partitions[index];
        return (
          other !== undefined &&
          number === other.number &&
          role === other.role &&
          offset === other.offset &&
          size === other.size
        );
      });
    if (!same) throw refuse(`${first.name} and ${disk.name} are not divided alike`);
  }
  const last = partitions.at(-1);
  const layout = {
    partitions,
    size: last === undefined ? 0 : last.offset + last.size + TAIL,
  };
  checkMirror(disks, layout, raid);
  checkWish(layout, wish);
  return layout;
}

/** Whether a reinstallation leaves something as it is; the table is, and so are both of what `KEPT_ROLES` names. */
export function isKept(content: Content, layout: Layout): boolean {
  if (content.partition === 0) return content.kind === 'partition-table';
  const { role } = layout.partitions.find(({ number }) => number === content.partition) ?? {};
  return role !== undefined && KEPT_ROLES.includes(role);
}

function readPartitions(disk: Disk): Partition[] {
  const { name, contents } = disk;
  if (disk.installed?.unfinished === true)
    throw refuse(`the installation on ${name} never ended`, 'install it without reinstall');
  const table = contents.find(({ partition }) => partition === 0);
  if (table === undefined) throw refuse(`nothing is on ${name}`, 'install it without reinstall');
  if (!contents.some((one) => one.partition === 0 && one.type === 'gpt'))
    throw refuse(`there is no GPT on ${name}, but ${table.type}`);
  const found = new Map<number, Partition>();
  for (const { partition: number, partitionName, offset, size } of contents) {
    if (number === 0 || found.has(number)) continue;
    const role = ROLES.find((one) => nameOfRole(one) === partitionName);
    if (role === undefined) {
      const called = partitionName === undefined ? '' : ` (${partitionName})`;
      throw refuse(`partition ${number}${called} of ${name} is none of Kronos`);
    }
    if (offset === undefined || size === undefined) {
      throw refuse(
        `the inventory does not say where partition ${number} of ${name} begins`,
        'record the machine again: kronos host inventory',
      );
    }
    found.set(number, { number, role, name: nameOfRole(role), offset, size });
  }
  const partitions = [...found.values()].sort((a, b) => a.offset - b.offset);
  checkPartitions(disk, partitions);
  return partitions;
}

function checkPartitions(disk: Disk, partitions: readonly Partition[]): void {
  for (const role of ROLES) {
    const count = partitions.filter((one) => one.role === role).length;
    if (count > 1)
      throw refuse(`there are ${count} partitions ${nameOfRole(role)} on ${disk.name}`);
    if (count === 0 && NEEDED.includes(role))
      throw refuse(`there is no partition ${nameOfRole(role)} on ${disk.name}`);
  }
  let end = ALIGNMENT;
  for (const { number, offset, size } of partitions) {
    if (offset % ALIGNMENT !== 0 || offset < end || offset + size > disk.size)
      throw refuse(`partition ${number} of ${disk.name} is not where Kronos puts one`);
    end = offset + size;
  }
}

/** What is kept must be on all disks or on one, as the host file has it. */
function checkMirror(disks: readonly Disk[], layout: Layout, raid: boolean): void {
  for (const role of KEPT_ROLES) {
    const number = findPartition(layout, role)?.number;
    if (number === undefined) continue;
    const members = disks.map((disk) =>
      disk.contents.find((one) => one.partition === number && one.kind === 'raid'),
    );
    if (!raid) {
      const [disk] = disks;
      if (members[0] === undefined || disk === undefined) continue;
      throw refuse(
        `${nameOfRole(role)} of ${disk.name} is one half of a mirror`,
        'say "raid: 1" and "count: 2" in disks.system, or install with "existing: erase"',
      );
    }
    const missing = disks.find((_disk, index) => members[index] === undefined);
    if (missing !== undefined)
      throw refuse(`${nameOfRole(role)} of ${missing.name} is not part of a mirror`);
    const arrays = new Set(members.map((member) => member?.uuid ?? member?.group));
    if (arrays.size !== 1)
      throw refuse(
        `${nameOfRole(role)} is not one mirror on ${disks.map((d) => d.name).join(' and ')}`,
      );
  }
}

/** Sizes that the host file gives must be those that are there: a reinstallation moves nothing. */
function checkWish(layout: Layout, wish: PartitionWish): void {
  const sizeOf = (role: Role): number => findPartition(layout, role)?.size ?? 0;
  const asked: [key: string, role: Role, size: number | undefined][] = [
    ['efi', 'efi', wish.efi],
    ['root', 'root-a', wish.root],
    ['state', 'state', wish.state],
    ['swap', 'swap', wish.swap === 0 ? undefined : wish.swap],
    ['storage', 'storage', wish.storage === 'rest' ? undefined : wish.storage],
  ];
  for (const [key, role, size] of asked) {
    if (size === undefined || Math.ceil(size / ALIGNMENT) * ALIGNMENT === sizeOf(role)) continue;
    throw refuse(
      `disks.system.partitions.${key} is ${formatBytes(size)}, but ${nameOfRole(role)} has ${formatBytes(sizeOf(role))}`,
      'a reinstallation keeps the sizes: leave the key out',
    );
  }
  const slots = findPartition(layout, 'root-b') === undefined ? 1 : 2;
  if (wish.slots === undefined || wish.slots === slots) return;
  throw refuse(
    `disks.system.partitions.slots is ${wish.slots}, but there ${slots === 1 ? 'is 1' : 'are 2'}`,
    'a reinstallation keeps the slots: leave the key out',
  );
}

function refuse(
  what: string,
  hint = 'an installation with "existing: erase" starts anew; everything on the disk is lost then',
): KronosError {
  return new KronosError('host/cannot-reinstall', `nothing can be kept: ${what}`, { hint });
}
