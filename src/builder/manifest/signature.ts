// OpenPGP signatures of SHA256SUMS, made by the user's own gpg and checked by whatever the machine has.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { run, type RunResult } from '../../common/process.ts';

/** What is known about a signature. */
export type Signature =
  | { state: 'unsigned' }
  /** `key` is the fingerprint. */
  | { state: 'good'; key: string; program: string }
  | { state: 'bad'; reason: string; program: string; unknownKey?: true }
  /** There is a signature, but nothing to check it with. */
  | { state: 'unchecked'; reason: string };

export interface SignOptions {
  /** `detached` (the default) beside the file, or `clear`: a text with its signature around it. */
  form?: 'detached' | 'clear';
  /** Where it goes; default `FILE.asc`. */
  output?: string;
  /** When it says it was made, in seconds since 1970, so that the same file gets the same signature; default now. */
  at?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Signs a file with a key from the user's own keyring; returns the path of the signature, which is armoured.
 * Errors: `dependency/tool-missing` without gpg, `input/signing-key` where gpg cannot sign with the key.
 */
export async function signFile(
  path: string,
  key: string,
  options: SignOptions = {},
): Promise<string> {
  const { output = `${path}.asc`, at } = options;
  const argv = ['gpg', '--batch', '--yes', '--armor', '--local-user', key, '--output', output];
  if (at !== undefined) argv.push(...signingArguments(at));
  argv.push(options.form === 'clear' ? '--clear-sign' : '--detach-sign', path);
  try {
    await run(argv, { signal: options.signal });
  } catch (error) {
    throw signingFailure(path, key, error);
  }
  return output;
}

/** What makes gpg sign the same bytes alike whatever the day and the user's gpg.conf. `at`: seconds since 1970. */
export function signingArguments(at: number): string[] {
  return [
    '--no-emit-version',
    '--no-comments',
    '--digest-algo',
    'SHA512',
    '--faked-system-time',
    // The mark stops the clock.
    `${at}!`,
  ];
}

/** The error for a run of gpg, or of a program that runs gpg, which could not sign; other errors as they are. */
export function signingFailure(path: string, key: string, error: unknown): unknown {
  if (!(error instanceof KronosError) || error.code !== 'io/command-failed') return error;
  return new KronosError(
    'input/signing-key',
    `signing ${path} with the key ${JSON.stringify(key)} failed`,
    {
      hint: 'the key must be listed by: gpg --list-secret-keys',
      cause: error,
    },
  );
}

export interface CheckOptions {
  /** File of OpenPGP keys, armoured or not; without it the user's own gpg keyring is asked. */
  keyring?: string | undefined;
  /** Directory for intermediate files. */
  scratch: string;
  signal?: AbortSignal | undefined;
}

/** Checks a detached signature. Never fails for a bad signature: the answer says so. */
export async function checkSignature(
  path: string,
  signature: string,
  options: CheckOptions,
): Promise<Signature> {
  const { keyring, scratch, signal } = options;
  if (keyring === undefined) {
    const answer = await attempt(
      ['gpg', '--batch', '--status-fd', '1', '--verify', signature, path],
      signal,
    );
    if (answer === undefined)
      return { state: 'unchecked', reason: 'no keyring was named and gpg is not here' };
    const judged = judge(answer, 'gpg');
    // A stranger's key proves nothing either way as long as nobody said which key to expect.
    if (judged.state === 'bad' && judged.unknownKey === true)
      return { state: 'unchecked', reason: judged.reason };
    return judged;
  }
  const binary = await binaryKeyring(keyring, scratch);
  const files = [resolve(signature), resolve(path)];
  const gpgv = await attempt(['gpgv', '--status-fd', '1', '--keyring', binary, ...files], signal);
  if (gpgv !== undefined) return judge(gpgv, 'gpgv');
  const sqv = await attempt(['sqv', '--keyring', binary, ...files], signal);
  if (sqv !== undefined) return judgeSqv(sqv);
  const gpg = await attempt(
    [
      'gpg',
      '--batch',
      '--no-default-keyring',
      '--keyring',
      binary,
      '--trust-model',
      'always',
      '--status-fd',
      '1',
    ].concat(['--verify', ...files]),
    signal,
  );
  if (gpg !== undefined) return judge(gpg, 'gpg');
  return { state: 'unchecked', reason: 'none of gpgv, sqv and gpg is here' };
}

/**
 * Checks a text with its signature around it and gives the text that was signed, never what stands around it; empty
 * unless the signature is good.
 * Errors: `input/keyring`, `dependency/tool-missing` without gpgv.
 */
export async function openClearSigned(
  path: string,
  options: CheckOptions & { keyring: string },
): Promise<{ signature: Signature; text: string }> {
  const { scratch, signal } = options;
  const binary = await binaryKeyring(options.keyring, scratch);
  const output = join(scratch, 'signed.txt');
  await rm(output, { force: true });
  const argv = ['gpgv', '--status-fd', '1', '--keyring', binary, '--output', output, resolve(path)];
  const signature = judge(await run(argv, { accept: [0, 1, 2], signal }), 'gpgv');
  const text = signature.state === 'good' ? await readFile(output, 'utf8') : '';
  return { signature, text };
}

/** A copy in `scratch` that is not armoured, as gpgv takes it; its path. Errors: `input/keyring`. */
export async function binaryKeyring(keyring: string, scratch: string): Promise<string> {
  const binary = join(scratch, 'keyring.pgp');
  await writeFile(binary, dearmour(await readKeyring(keyring)));
  return binary;
}

/** Turns an armoured block into bytes; what is not armoured is returned as it is. */
export function dearmour(data: Buffer): Buffer {
  const text = data.toString('latin1');
  const blocks = [
    ...text.matchAll(/-----BEGIN PGP [A-Z ]+-----\r?\n([\s\S]*?)-----END PGP [A-Z ]+-----/g),
  ];
  if (blocks.length === 0) return data;
  return Buffer.concat(
    blocks.map(([, body = '']) => {
      // Headers end at an empty line; the line with `=` in front is a checksum.
      const lines = body.split(/\r?\n/);
      const empty = lines.indexOf('');
      const encoded = lines.slice(empty + 1).filter((line) => line !== '' && !line.startsWith('='));
      return Buffer.from(encoded.join(''), 'base64');
    }),
  );
}

async function readKeyring(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new KronosError('input/keyring', `reading the keyring ${path} failed`, {
      hint: 'name a file that `gpg --export KEY` made',
      cause: error,
    });
  }
}

/** Undefined where the program is not there. */
async function attempt(
  argv: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RunResult | undefined> {
  try {
    return await run(argv, { accept: [0, 1, 2], signal });
  } catch (error) {
    if (error instanceof KronosError && error.code === 'dependency/tool-missing') return undefined;
    throw error;
  }
}

/** Reads the status lines of gpg and gpgv (doc/DETAILS of GnuPG). */
function judge(result: RunResult, program: string): Signature {
  const status = new Map(
    result.stdout.split('\n').flatMap((line) => {
      const [, word, rest = ''] = /^\[GNUPG:\] (\S+) ?(.*)$/.exec(line) ?? [];
      return word === undefined ? [] : [[word, rest] as const];
    }),
  );
  const key = status.get('VALIDSIG')?.split(' ')[0];
  if (result.exitCode === 0 && key !== undefined) return { state: 'good', key, program };
  const said = result.stderr.trim().split('\n').slice(-1)[0] ?? '';
  if (status.has('BADSIG'))
    return { state: 'bad', reason: 'the signature does not fit the file', program };
  const missing = status.get('NO_PUBKEY');
  if (missing !== undefined) {
    return {
      state: 'bad',
      reason: `the key ${missing} is not in the keyring`,
      program,
      unknownKey: true,
    };
  }
  return { state: 'bad', reason: said === '' ? `exit code ${result.exitCode}` : said, program };
}

function judgeSqv(result: RunResult): Signature {
  const key = /^[0-9A-F]{40,64}$/m.exec(result.stdout)?.[0];
  if (result.exitCode === 0 && key !== undefined) return { state: 'good', key, program: 'sqv' };
  const said = result.stderr.trim().split('\n').slice(-1)[0] ?? '';
  return {
    state: 'bad',
    reason: said === '' ? 'the signature does not fit the file' : said,
    program: 'sqv',
  };
}
