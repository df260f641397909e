// From what lsblk, wipefs and sysfs say to the disks of the inventory. Pure: the effects are in probe.ts.
import type { Content, Disk } from '../inventory.ts';
import { TRANSPORTS } from '../schema/disks.ts';
import { isOwnMount, type BootNote } from './boot-medium.ts';
import { descendantsOf, isPartition, type BlockDevice } from './lsblk.ts';
import { kindOf, type Signature } from './signatures.ts';

/** Name of the partition in the GPT by which an installed host is known. */
const STATE_PARTITION = 'kronos-state';

/** What sysfs says of a disk; lsblk asks udev, which may not run. */
export interface DiskAttributes {
  vendor?: string | undefined;
  model?: string | undefined;
  serial?: string | undefined;
  wwid?: string | undefined;
}

export interface DiskFacts {
  devices: readonly BlockDevice[];
  /** By kernel name of disk or partition; undefined where it could not be read. */
  signatures: ReadonlyMap<string, readonly Signature[] | undefined>;
  attributes: ReadonlyMap<string, DiskAttributes>;
  /** Names of partitions in the GPT by kernel name, from the kernel; lsblk asks udev. */
  partitionNames: ReadonlyMap<string, string>;
  /** Where partitions begin (bytes), by kernel name. */
  partitionStarts: ReadonlyMap<string, number>;
  /** Links below /dev/disk by the kernel name of the disk. */
  links: ReadonlyMap<string, readonly string[]>;
  /** Names of volume groups by the UUID of the physical volume. */
  volumeGroups: ReadonlyMap<string, string>;
  /** Kernel names of disks that the kernel does not give out. */
  busy: ReadonlySet<string>;
  /** Kernel names of disks on which no installation ever ended, if one began at all. */
  unfinished: ReadonlySet<string>;
  boot: BootNote;
  isDisk: (device: BlockDevice) => boolean;
}

/** Loop, RAM, optical, network and mapped devices, and the parts of disks that are no place for data. */
const NO_DISK =
  /^(?:loop|ram|zram|md|dm-|sr|fd|nbd|rbd|drbd|mtd|zd)\d|^mmcblk\d+(?:boot|rpmb|gp)|^nvme\d+c\d+n/;

/** Whether a device of lsblk is a disk of the inventory. */
export function isDisk({ type, kname }: BlockDevice): boolean {
  return type === 'disk' && !NO_DISK.test(kname);
}

/** The disks, ordered by name as people count. */
export function makeDisks(facts: DiskFacts): Disk[] {
  const disks = facts.devices.filter(facts.isDisk);
  return disks
    .map((device) => makeDisk(device, facts, disks))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function makeDisk(device: BlockDevice, facts: DiskFacts, all: readonly BlockDevice[]): Disk {
  const below = descendantsOf(device);
  const own = facts.attributes.get(device.kname) ?? {};
  const contents = [device, ...below.filter(isPartition)].flatMap((part) =>
    contentsOf(part, device, facts),
  );
  const holders = unique(below.filter((part) => !isPartition(part)).map(({ name }) => name));
  const mounts = mountsOf(device, facts, all);
  const multipath = below.find(({ type }) => type === 'mpath')?.name;
  const installed = contents.some(({ partitionName }) => partitionName === STATE_PARTITION);
  return {
    // cciss!c0d0 of sysfs is /dev/cciss/c0d0.
    name: (device.path ?? device.kname).replace(/^\/dev\//, ''),
    links: [...(facts.links.get(device.kname) ?? [])].sort(),
    size: device.size,
    logicalSector: Math.max(1, device['log-sec']),
    physicalSector: Math.max(1, device['phy-sec']),
    ...optional('vendor', [device.vendor, own.vendor].find(isName)),
    ...optional('model', device.model ?? own.model),
    ...optional('serial', device.serial ?? own.serial),
    ...optional('wwn', device.wwn ?? wwnOf(own.wwid)),
    transport: transportOf(device),
    rotational: device.rota,
    removable: device.rm,
    readOnly: device.ro,
    contents,
    mounts:
      mounts.length === 0 && holders.length === 0 && facts.busy.has(device.kname)
        ? ['held by the kernel']
        : mounts,
    holders,
    ...optional('multipath', multipath),
    bootMedium: mounts.some(isOwnMount) || isNoted(device, contents, facts.boot),
    // More would take mounting, which no look at a machine may do.
    ...(installed
      ? {
          installed: {
            ...{ version: 'unknown', hostname: 'unknown' },
            // The boot code is the last thing that is written, also for UEFI.
            ...(facts.unfinished.has(device.kname) ? { unfinished: true } : {}),
          },
        }
      : {}),
  };
}

/** What is on a disk or partition: its signatures, or that there is something unknown or unreadable. */
function contentsOf(part: BlockDevice, disk: BlockDevice, facts: DiskFacts): Content[] {
  const partition = part === disk ? 0 : partitionNumber(part, disk);
  const start = facts.partitionStarts.get(part.kname);
  const rest = {
    ...optional('partitionName', part.partlabel ?? facts.partitionNames.get(part.kname)),
    size: part.size,
    ...(start === undefined || partition === 0 ? {} : { offset: start }),
  };
  if (part.size === 0) return [];
  const signatures = facts.signatures.get(part.kname);
  const found = (signatures ?? []).map((signature): Content => {
    const kind = kindOf(signature);
    return {
      partition,
      kind,
      type: signature.type,
      ...optional('label', signature.label),
      ...optional('uuid', signature.uuid ?? (kind === 'partition-table' ? part.ptuuid : undefined)),
      ...optional('group', groupOf(kind, signature, facts)),
      ...rest,
    };
  });
  const tell = (type: string, kind: Content['kind'], more: Partial<Content> = {}): void => {
    if (!found.some((content) => content.type === type))
      found.push({ partition, kind, type, ...more, ...rest });
  };
  if (signatures === undefined) tell('unreadable', 'other');
  // What udev knows beyond signatures, such as a path of a multipath map.
  if (part.fstype !== undefined) {
    const kind = kindOf({ type: part.fstype, usage: 'filesystem' });
    const map = part.children.find(({ type }) => type === 'mpath')?.name;
    tell(part.fstype, kind, {
      ...optional('label', part.label),
      ...optional('uuid', part.uuid),
      ...optional('group', kind === 'multipath' ? map : undefined),
    });
  }
  const hasTable = found.some(({ kind }) => kind === 'partition-table');
  if (partition === 0 && !hasTable && part.children.some(isPartition))
    tell(part.pttype ?? 'unknown', 'partition-table', optional('uuid', part.ptuuid));
  if (partition !== 0 && found.length === 0) tell('unknown', 'other');
  return found;
}

function groupOf(
  kind: Content['kind'],
  { uuid, label }: Signature,
  { volumeGroups }: DiskFacts,
): string | undefined {
  if (kind === 'lvm') return uuid === undefined ? undefined : volumeGroups.get(uuid);
  if (kind === 'raid') return label ?? uuid;
  return kind === 'zfs' ? label : undefined;
}

/**
 * Where anything on a disk is mounted. A btrfs over several disks shows at one of them only; its others are known by
 * the UUID that they share.
 */
function mountsOf(device: BlockDevice, facts: DiskFacts, all: readonly BlockDevice[]): string[] {
  const own = [device, ...descendantsOf(device)];
  const uuids = new Set(own.flatMap((part) => btrfsOf(part, facts)));
  const shared = all
    .flatMap((other) => [other, ...descendantsOf(other)])
    .filter((part) => btrfsOf(part, facts).some((uuid) => uuids.has(uuid)));
  return unique([...own, ...shared].flatMap(({ mountpoints }) => mountpoints));
}

function btrfsOf({ kname, fstype, uuid }: BlockDevice, { signatures }: DiskFacts): string[] {
  const found = (signatures.get(kname) ?? []).filter(({ type }) => type === 'btrfs');
  return [...found.map((one) => one.uuid), fstype === 'btrfs' ? uuid : undefined].filter(
    (one) => one !== undefined,
  );
}

/**
 * Whether the note of the boot script means this disk: by device, or by the label, because a stick that was copied to
 * memory can have come back under another name.
 */
function isNoted(device: BlockDevice, contents: readonly Content[], boot: BootNote): boolean {
  if (boot.label !== undefined && contents.some(({ label }) => label === boot.label)) return true;
  return [device, ...descendantsOf(device)].some(
    ({ path, kname, name }) =>
      boot.device !== undefined && [path, `/dev/${kname}`, `/dev/${name}`].includes(boot.device),
  );
}

function partitionNumber(part: BlockDevice, disk: BlockDevice): number {
  const digits = /^p?(\d+)$/.exec(part.kname.slice(disk.kname.length))?.[1];
  return digits === undefined ? 0 : Number(digits);
}

function transportOf({ tran, subsystems, kname }: BlockDevice): Disk['transport'] {
  const aliases: Readonly<Record<string, Disk['transport']>> = { fcoe: 'fc', spi: 'scsi' };
  const known = TRANSPORTS.find((name) => name === tran) ?? aliases[tran ?? ''];
  if (known !== undefined) return known;
  const layers = (subsystems ?? '').split(':');
  if (/^vd[a-z]/.test(kname)) return 'virtio';
  if (/^xvd[a-z]/.test(kname)) return 'xen';
  if (kname.startsWith('nvme')) return 'nvme';
  if (kname.startsWith('mmcblk')) return 'mmc';
  if (layers.includes('usb')) return 'usb';
  return layers.includes('scsi') ? 'scsi' : 'other';
}

/** `naa.5000c500a1b2c3d4` as udev writes it; identifiers made up of vendor and model (`t10.`) are no WWN. */
function wwnOf(wwid: string | undefined): string | undefined {
  const naa = /^naa\.([0-9a-f]+)$/i.exec(wwid ?? '')?.[1];
  if (naa !== undefined) return `0x${naa.toLowerCase()}`;
  return /^(?:eui|uuid|nvme)\./i.test(wwid ?? '') ? wwid : undefined;
}

/** virtio says the number of the vendor where others say a name. */
function isName(vendor: string | undefined): boolean {
  return vendor !== undefined && !/^0x[0-9a-f]{4}$/i.test(vendor);
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
