// Secrets that first boot needs: beside the host file, which has none, readable by root only, erased where they are done with.
import { open, rm } from 'node:fs/promises';
import * as z from 'zod';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../common/files.ts';

/** Written by kronos-install on the state partition. */
export const SECRETS = '/etc/kronos/secrets.json';

const schema = z.strictObject({
  format: z.literal('kronos-secrets'),
  /** Password of the pool that is joined; gone afterwards. */
  pool: z.string().optional(),
  /** Passwords of storage repositories by name. */
  storage: z.record(z.string(), z.string()).default({}),
  /** Token of the report target. */
  report: z.string().optional(),
});

export type Secrets = z.output<typeof schema>;

const NONE: Secrets = { format: 'kronos-secrets', storage: {} };

/** Errors: `input/secrets-file`, which repeats nothing of it; those of node:fs. */
export async function readSecrets(path = SECRETS): Promise<Secrets> {
  const text = await readTextOrUndefined(path);
  if (text === undefined) return NONE;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new KronosError('input/secrets-file', `${path} is not what kronos-install wrote`, {
    hint: 'write it again as docs/first-boot.md says, or install again with --reinstall',
  });
}

/**
 * Takes the password of the pool out of the file: the old content is overwritten, then the file replaced. What the disk
 * itself keeps of overwritten blocks is out of reach. Errors: those of readSecrets and node:fs.
 */
export async function erasePoolPassword(path = SECRETS): Promise<void> {
  const { pool, ...rest } = await readSecrets(path);
  if (pool === undefined) return;
  await overwrite(path);
  const isEmpty = Object.keys(rest.storage).length === 0 && rest.report === undefined;
  if (isEmpty) await rm(path);
  else await writeFileAtomic(path, `${JSON.stringify(rest)}\n`, 0o600);
}

async function overwrite(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size), 0, size, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
