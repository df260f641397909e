// What a machine has, as data: recorded on one machine, planned with on any other. Holds no secrets.
import * as z from 'zod';
import { TRANSPORTS } from './schema/disks.ts';

/** What was found on a disk or on one of its partitions. */
export const contentSchema = z.strictObject({
  /** 0: the whole disk, else the number of the partition. */
  partition: z.int().min(0),
  kind: z.enum([
    'partition-table', 'filesystem', 'swap', 'raid', 'lvm', 'zfs', 'bcache', 'crypt', 'multipath', 'iso9660', 'other',
  ]), // prettier-ignore
  /**
   * As blkid names it: ext4, linux_raid_member, LVM2_member, gpt; `unknown` for a partition without a signature that
   * is known, `unreadable` where looking failed.
   */
  type: z.string(),
  label: z.string().optional(),
  /** Name of the partition in the GPT. */
  partitionName: z.string().optional(),
  uuid: z.string().optional(),
  /** Name or UUID of the array, volume group or pool that it belongs to. */
  group: z.string().optional(),
  /** Bytes; of the partition or the disk. */
  size: z.int().min(0).optional(),
  /** Where a partition begins: bytes from the start of the disk. */
  offset: z.int().min(0).optional(),
});

export const diskSchema = z.strictObject({
  /** Without /dev/: `sda`, `nvme0n1`. Can be another one after the next start. */
  name: z.string(),
  /** Links below /dev/disk, such as /dev/disk/by-path/..., that stay. */
  links: z.array(z.string()),
  /** Bytes. */
  size: z.int().min(0),
  logicalSector: z.int().min(1),
  physicalSector: z.int().min(1),
  vendor: z.string().optional(),
  model: z.string().optional(),
  serial: z.string().optional(),
  wwn: z.string().optional(),
  transport: z.enum(TRANSPORTS),
  rotational: z.boolean(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  contents: z.array(contentSchema),
  /** Where a partition or the disk itself is mounted or used as swap; not empty means: in use. */
  mounts: z.array(z.string()),
  /** Names of devices that stand on it: md arrays, LVM volumes, multipath maps, dm-crypt. */
  holders: z.array(z.string()),
  /** Name of the multipath map that it is a path of. */
  multipath: z.string().optional(),
  /** True for the disk or CD that the running system was started from. */
  bootMedium: z.boolean(),
  /** The version and host name of the Kronos host that is on it. */
  installed: z
    .strictObject({
      version: z.string(),
      hostname: z.string(),
      /** True where the installation began and did not end: it never started, so nothing is lost with it. */
      unfinished: z.boolean().optional(),
    })
    .optional(),
});

export const interfaceSchema = z.strictObject({
  name: z.string(),
  mac: z.string(),
  /** PCI address. */
  path: z.string().optional(),
  driver: z.string().optional(),
  vendor: z.string().optional(),
  model: z.string().optional(),
  /** True where a cable with a partner is plugged in; undefined where it was not brought up. */
  link: z.boolean().optional(),
  /** Mbit/s. */
  speed: z.int().optional(),
});

export const inventorySchema = z.strictObject({
  format: z.literal('kronos-inventory'),
  version: z.literal(1),
  machine: z.strictObject({
    vendor: z.string().optional(),
    product: z.string().optional(),
    serial: z.string().optional(),
    uuid: z.string().optional(),
    assetTag: z.string().optional(),
    firmware: z.enum(['bios', 'uefi']),
    /** Bytes of the whole machine, also where dom0 has only a part of it. */
    memory: z.int().min(0),
    /** Threads. */
    cpus: z.int().min(1),
    cpuModel: z.string().optional(),
    xen: z.boolean(),
  }),
  disks: z.array(diskSchema),
  interfaces: z.array(interfaceSchema),
});

export type Content = z.output<typeof contentSchema>;
export type Disk = z.output<typeof diskSchema>;
export type Interface = z.output<typeof interfaceSchema>;
export type Inventory = z.output<typeof inventorySchema>;
