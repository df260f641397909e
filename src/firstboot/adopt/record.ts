// What is remembered of a host that was there before: its former files and boot order, and what became of them.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { MEMORY } from '../context.ts';
import { MANAGERS } from './configured.ts';
import type { FormerHost } from './handover.ts';

/** Directory of all of it. */
export const ADOPTED = join(MEMORY, 'adopted');

const boot = z.discriminatedUnion('loader', [
  z.object({
    loader: z.literal('grub'),
    /** What GRUB started by default, as its environment names it. */
    former: z.string(),
    /** The variable saved_entry before; undefined: it was not set. */
    saved: z.string().optional(),
    /** The entry that starts Xen, as its environment names it. */
    xen: z.string(),
  }),
  z.object({
    loader: z.literal('none'),
    /** Why the boot order was left alone. */
    why: z.string(),
  }),
]);

const schema = z.object({
  format: z.literal('kronos-adopted'),
  version: z.literal(1),
  /** ISO 8601. */
  time: z.string(),
  manager: z.enum(MANAGERS),
  boot,
  /** Paths of former network files; copies are below `files` in this directory. */
  files: z.array(z.string()),
  /** SHA-256 of the host file that was written; left out where the operator had written one. */
  hostFile: z.string().optional(),
  /** systemd-networkd was started with the host. */
  networkd: z.boolean(),
});

export type BootRecord = z.output<typeof boot>;
export type AdoptionRecord = z.output<typeof schema>;

const RECORD = 'record.json';
const TAKEN = 'taken.json';
const CONFIRMED = 'confirmed';

/** The record, or undefined where the host was not adopted. Errors: `input/adoption-record`. */
export async function readRecord(directory = ADOPTED): Promise<AdoptionRecord | undefined> {
  const path = join(directory, RECORD);
  const text = await readTextOrUndefined(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new KronosError('input/adoption-record', `${path} is damaged`, {
      hint: 'bring it back from a backup; the former files are beside it',
      cause: error,
    });
  }
}

/** Errors: those of node:fs. */
export async function writeRecord(record: AdoptionRecord, directory = ADOPTED): Promise<void> {
  await write(join(directory, RECORD), record);
}

/** The network that was taken over for good, to be brought back when the packages go. */
export async function readTaken(directory = ADOPTED): Promise<FormerHost | undefined> {
  const text = await readTextOrUndefined(join(directory, TAKEN));
  return text === undefined ? undefined : (JSON.parse(text) as FormerHost);
}

export async function writeTaken(former: FormerHost, directory = ADOPTED): Promise<void> {
  await write(join(directory, TAKEN), former);
}

export async function forgetTaken(directory = ADOPTED): Promise<void> {
  await rm(join(directory, TAKEN), { force: true });
}

/** Whether this host was seen to work under Xen. */
export async function isConfirmed(directory = ADOPTED): Promise<boolean> {
  return (await readTextOrUndefined(join(directory, CONFIRMED))) !== undefined;
}

export async function confirm(directory = ADOPTED): Promise<void> {
  await writeFileAtomic(join(directory, CONFIRMED), `${new Date().toISOString()}\n`);
}

/** Former files may hold secrets of the network. */
async function write(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`, 0o600);
}
