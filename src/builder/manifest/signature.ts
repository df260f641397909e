// OpenPGP signatures of SHA256SUMS, made by the user's own gpg and checked by whatever the machine has.
import { readFile, writeFile } from 'node:fs/promises';
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

/**
 * Signs a file with a key from the user's own keyring into `FILE.asc`; returns that path.
 * Errors: `dependency/tool-missing` without gpg, `input/signing-key` where gpg cannot sign with the key.
 */
export async function signFile(path: string, key: string, signal?: AbortSignal): Promise<string> {
  const output = `${path}.asc`;
  const argv = [
    'gpg',
    '--batch',
    '--yes',
    '--armor',
    '--local-user',
    key,
    '--output',
    output,
    '--detach-sign',
    path,
  ];
  try {
    await run(argv, { signal });
  } catch (error) {
    if (!(error instanceof KronosError) || error.code !== 'io/command-failed') throw error;
    throw new KronosError(
      'input/signing-key',
      `signing ${path} with the key ${JSON.stringify(key)} failed`,
      {
        hint: 'the key must be listed by: gpg --list-secret-keys',
        cause: error,
      },
    );
  }
  return output;
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
  const binary = join(scratch, 'keyring.pgp');
  await writeFile(binary, dearmour(await readKeyring(keyring)));
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
