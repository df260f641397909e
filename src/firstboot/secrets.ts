// Secrets that first boot needs: beside the host file, which has none, readable by root only, erased where they are done with.
import { open, rm } from 'node:fs/promises';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../common/files.ts';
import {
  CARRIED_SECRETS,
  carriedSecretsSchema,
  type CarriedSecrets,
} from '../host/carried-secrets.ts';

const NONE: CarriedSecrets = { format: 'kronos-secrets', storage: {} };

/** Errors: `input/secrets-file`, which repeats nothing of it; those of node:fs. */
export async function readSecrets(path = CARRIED_SECRETS): Promise<CarriedSecrets> {
  const text = await readTextOrUndefined(path);
  if (text === undefined) return NONE;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const read = carriedSecretsSchema.safeParse(value);
  if (read.success) return read.data;
  throw new KronosError('input/secrets-file', `${path} is not what kronos-install wrote`, {
    hint: 'write it again as docs/first-boot.md says, or install again with --reinstall',
  });
}

/**
 * Takes the password of the pool, or the token for reports, out of the file: the file is replaced first, then what the
 * old one held is overwritten, so that a cut loses no other secret. What the disk itself keeps of overwritten blocks is out
 * of reach. Errors: those of readSecrets and node:fs.
 */
export async function eraseSecret(name: 'pool' | 'report', path = CARRIED_SECRETS): Promise<void> {
  const { [name]: secret, ...rest } = await readSecrets(path);
  if (secret === undefined) return;
  // That no more is reported is worth knowing without the token, too.
  const { format: _format, storage, ...others } = rest;
  const isEmpty = Object.keys(storage).length === 0 && Object.keys(others).length === 0;
  await replaceSecretFile(path, isEmpty ? undefined : `${JSON.stringify(rest)}\n`);
}

/**
 * Puts a text for root alone in the place of a file with secrets, or nothing, and overwrites what was there.
 * Errors: those of node:fs.
 */
export async function replaceSecretFile(path: string, text: string | undefined): Promise<void> {
  const old = await open(path, 'r+');
  try {
    if (text === undefined) await rm(path);
    else await writeFileAtomic(path, text, 0o600);
    const { size } = await old.stat();
    await old.write(Buffer.alloc(size), 0, size, 0);
    await old.sync();
  } finally {
    await old.close();
  }
}
