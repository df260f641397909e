// The part `disks` of a host file: which disks, how many, and what becomes of them.
import * as z from 'zod';
import { name, size } from './values.ts';

const SIZE_TERM = String.raw`\d+(?:\.\d+)?\s*(?:[KMGT]i?B|B)`;
const SIZE_CLAUSE = new RegExp(
  String.raw`^(?:(?:>=|<=|>|<|=)?\s*${SIZE_TERM}|${SIZE_TERM}\s*\.\.\s*${SIZE_TERM})$`,
);

const glob = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}]+$/u, 'one line of text; * and ? stand for what varies');

/** One of several: two disks or cards that share nothing else are named one by one. */
const globs = z.union([glob, z.array(glob).min(1)]);

/** How a disk is attached, as Linux names it. */
export const TRANSPORTS = [
  'nvme', 'sata', 'ata', 'sas', 'scsi', 'usb', 'virtio', 'xen', 'iscsi', 'fc', 'mmc', 'other',
] as const; // prettier-ignore

/** What may be on a disk already. */
export const CONTENTS = ['empty', 'kronos', 'foreign'] as const;

export const diskMatch = z
  .strictObject({
    size: z
      .string()
      .regex(SIZE_CLAUSE, 'a size such as ">= 200 GB", "480 GB" (within 1 %) or "200 GB .. 1 TB"')
      .optional()
      .describe(
        'Bounds of the size: ">= 200 GB", "200 GB .. 1 TB"; without an operator: within 1 %.',
      ),
    model: glob.optional().describe('Model as the disk says it; * and ? stand for what varies.'),
    vendor: glob.optional().describe('Vendor as the disk says it.'),
    serial: globs
      .optional()
      .describe('Serial number as the disk says it, or a list of which it has one.'),
    wwn: globs
      .optional()
      .describe('World-wide name, such as 0x5000c500a1b2c3d4, or a list of which it has one.'),
    transport: z
      .union([z.enum(TRANSPORTS), z.array(z.enum(TRANSPORTS)).min(1)])
      .optional()
      .describe('How it is attached.'),
    rotational: z.boolean().optional().describe('true for spinning disks.'),
    removable: z
      .boolean()
      .optional()
      .describe('true for sticks and cards; they are left out unless named by serial or wwn.'),
    path: globs
      .optional()
      .describe(
        'A name below /dev, such as /dev/disk/by-path/pci-0000:00:17.0-ata-1, or a list of which it has one.',
      ),
    content: z
      .union([z.enum(CONTENTS), z.array(z.enum(CONTENTS)).min(1)])
      .optional()
      .describe(
        'empty: nothing known is on it. kronos: an installed host. foreign: anything else.',
      ),
  })
  .describe(
    'All clauses must hold; a disk that does not say what a clause asks for does not match.',
  );

const selector = {
  match: diskMatch,
  count: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('How many disks must match; more or fewer is an error.'),
  pick: z
    .enum(['smallest', 'largest'])
    .optional()
    .describe('Where more match than count: take the smallest or the largest. Ties are an error.'),
};

/** A selector by itself, as it can be tried on a machine. */
export const diskSelector = z.strictObject(selector);

const existing = z
  .enum(['refuse', 'erase'])
  .default('refuse')
  .describe('What is done about a disk that is not empty: stop, or erase it.');

const partitions = z
  .strictObject({
    efi: size
      .optional()
      .describe('EFI system partition (default 512 MiB; 256 MiB on disks below 32 GB).'),
    root: size.optional().describe('Each root slot (default 8 GiB; 3 GiB on disks below 32 GB).'),
    slots: z
      .union([z.literal(1), z.literal(2)])
      .optional()
      .describe(
        '2 keeps room for the next image and the way back (default; 1 on disks below 32 GB).',
      ),
    state: size.optional().describe('State and logs (default 8 GiB; 2 GiB on disks below 32 GB).'),
    swap: size.default(0).describe('Swap (default none).'),
    storage: z
      .union([z.literal('rest'), size])
      .default('rest')
      .describe('The local storage repository: what is left, or this much; 0 for none.'),
  })
  .prefault({})
  .describe('Sizes of the partitions; the defaults fit nearly everybody.');

export const disksSchema = z
  .strictObject({
    system: z
      .strictObject({
        ...selector,
        raid: z.literal(1).optional().describe('1: mirrored over two disks.'),
        existing,
        partitions,
      })
      .refine((disk) => (disk.raid === 1 ? disk.count === 2 : disk.count === 1), {
        error: 'the system takes one disk, or two with "raid: 1" and "count: 2"',
      })
      .describe('Where the host is installed.'),
    storage: z
      .array(
        z.strictObject({
          name: name.describe('What storage repositories call it.'),
          ...selector,
          existing,
        }),
      )
      .default([])
      .describe('Further disks for storage repositories.'),
  })
  .describe('Disks by what they are, never by the order in which they were found.');

export const interfaceMatch = z
  .strictObject({
    mac: globs.optional().describe('MAC address, or a list of which it has one.'),
    path: globs.optional().describe('PCI address, such as 0000:03:00.0, or a list of them.'),
    driver: glob.optional().describe('Kernel driver, such as ixgbe.'),
    link: z.boolean().optional().describe('true: a cable with a partner.'),
    speed: z.int().min(10).optional().describe('At least this many Mbit/s.'),
    name: globs
      .optional()
      .describe('Name that Linux gave it, or a list; can change with the next kernel.'),
  })
  .describe('All clauses must hold.');

export const interfaceSelector = z.strictObject({
  match: interfaceMatch,
  count: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe('How many must match; more or fewer is an error.'),
});

export type DiskMatch = z.output<typeof diskMatch>;
export type InterfaceMatch = z.output<typeof interfaceMatch>;
export type Disks = z.output<typeof disksSchema>;
