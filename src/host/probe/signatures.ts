// What wipefs finds on a disk or partition: every signature, also those that another one hides.
import * as z from 'zod';
import type { Content } from '../inventory.ts';
import { parseOutput } from './lsblk.ts';

export const WIPEFS_COLUMNS = ['DEVICE', 'OFFSET', 'TYPE', 'UUID', 'LABEL', 'USAGE'] as const;

export interface Signature {
  /** As libblkid names it. */
  type: string;
  /** `filesystem`, `raid`, `crypto`, `partition-table` or something else. */
  usage: string | undefined;
  uuid: string | undefined;
  label: string | undefined;
}

const text = z
  .string()
  .nullish()
  .transform((value) => (value == null || value === '' ? undefined : value));

const document = z.object({
  signatures: z.array(z.object({ type: z.string(), usage: text, uuid: text, label: text })),
});

/**
 * The signatures that `wipefs --json --output ... DEVICE` prints, each kind once: a file system may have several magic
 * numbers, and ZFS has more than a hundred. Prints nothing where there is none. Errors: `io/unexpected-output`.
 */
export function parseWipefs(output: string): Signature[] {
  if (output.trim() === '') return [];
  const found = new Map<string, Signature>();
  for (const one of parseOutput(document, output, 'wipefs').signatures) {
    const known = found.get(one.type);
    if (known === undefined) found.set(one.type, { ...one });
    else {
      known.uuid ??= one.uuid;
      known.label ??= one.label;
    }
  }
  // The table of old that protects a GPT is not another table.
  if (found.has('gpt')) found.delete('PMBR');
  return [...found.values()];
}

/** Kinds by type where the type says more than the usage. */
const KINDS: Readonly<Record<string, Content['kind']>> = {
  swap: 'swap',
  swsuspend: 'swap',
  LVM2_member: 'lvm',
  LVM1_member: 'lvm',
  stratis: 'lvm',
  vdo: 'lvm',
  DM_snapshot_cow: 'lvm',
  zfs_member: 'zfs',
  bcache: 'bcache',
  bcachefs: 'filesystem',
  mpath_member: 'multipath',
  iso9660: 'iso9660',
  crypto_LUKS: 'crypt',
  BitLocker: 'crypt',
  // What these are part of spans machines; losing one piece is losing what others see.
  drbd: 'raid',
  VMFS_volume_member: 'raid',
  ceph_bluestore: 'raid',
};

/** Of what kind a signature is. */
export function kindOf({ type, usage }: Pick<Signature, 'type' | 'usage'>): Content['kind'] {
  const known = KINDS[type];
  if (known !== undefined) return known;
  if (/_raid_member$/.test(type)) return 'raid';
  switch (usage) {
    case 'partition-table':
    case 'filesystem':
    case 'raid':
      return usage;
    case 'crypto':
      return 'crypt';
    default:
      return 'other';
  }
}
