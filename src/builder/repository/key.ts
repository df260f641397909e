// The key that signs a repository: found in the caller's own keyring, its public half exported.
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { CommandError, FIXED_ENVIRONMENT, run } from '../../common/process.ts';

/** The public key as files beside the indices: for apt, and armoured for whoever wants text. */
export const KEYRING = 'kronos-archive-keyring.pgp';
export const ARMOURED_KEYRING = 'kronos-archive-keyring.asc';

/** A key that can sign. */
export interface SigningKey {
  /** Of the primary key: what a person compares. */
  fingerprint: string;
  /** When the newest of its keys that sign was made, in seconds since 1970: no signature can be older. */
  created: number;
}

const HINT = 'name one by its fingerprint, as gpg --list-secret-keys shows it';

/** Validity letters of keys that can sign no more: expired, revoked, disabled, invalid. */
const UNUSABLE = /^[erdi]/;

/**
 * Finds the one secret key that `key` names.
 * Errors: `input/signing-key` where there is none, more than one, or none that can sign now.
 */
export async function findSigningKey(key: string, signal?: AbortSignal): Promise<SigningKey> {
  let listing: string;
  try {
    const argv = ['gpg', '--batch', '--with-colons', '--fixed-list-mode', '--list-secret-keys'];
    ({ stdout: listing } = await run([...argv, '--', key], {
      environment: FIXED_ENVIRONMENT,
      extendEnvironment: true,
      signal,
    }));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError(
      'input/signing-key',
      `there is no secret key ${JSON.stringify(key)} in your keyring`,
      { hint: HINT, cause: error },
    );
  }
  return chooseKey(key, listing);
}

/** Reads what `gpg --with-colons --list-secret-keys` says (doc/DETAILS of GnuPG). Errors: `input/signing-key`. */
export function chooseKey(key: string, listing: string): SigningKey {
  const fingerprints: string[] = [];
  const created: number[] = [];
  let awaitsFingerprint = false;
  for (const fields of listing.split('\n').map((line) => line.split(':'))) {
    const [type, validity = ''] = fields;
    if (type === 'sec' || type === 'ssb') {
      awaitsFingerprint = type === 'sec';
      // `#`: this part of the key is kept elsewhere.
      const usable = fields[11]?.includes('s') === true && fields[14] !== '#';
      if (usable && !UNUSABLE.test(validity)) created.push(Number(fields[5]));
    } else if (type === 'fpr' && awaitsFingerprint) {
      fingerprints.push(fields[9] ?? '');
      awaitsFingerprint = false;
    }
  }
  const [fingerprint] = fingerprints;
  if (fingerprint === undefined || fingerprints.length > 1) {
    throw new KronosError(
      'input/signing-key',
      `${fingerprints.length} secret keys are named ${JSON.stringify(key)}: ${fingerprints.join(', ')}`,
      { hint: HINT },
    );
  }
  if (created.length === 0) {
    throw new KronosError('input/signing-key', `the key ${fingerprint} cannot sign now`, {
      hint: 'look with gpg --list-secret-keys whether it is expired, revoked, or kept elsewhere',
    });
  }
  return { fingerprint, created: Math.max(...created) };
}

/** Writes the public key into `directory` in both forms. Errors: those of running gpg. */
export async function exportKey(
  key: SigningKey,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  for (const [name, form] of [
    [KEYRING, '--no-armor'],
    [ARMOURED_KEYRING, '--armor'],
  ] as const) {
    const plain = ['--no-emit-version', '--no-comments', '--export-options', 'export-minimal'];
    const output = ['--output', join(directory, name), '--export', key.fingerprint];
    await run(['gpg', '--batch', '--yes', form, ...plain, ...output], { signal });
  }
}
