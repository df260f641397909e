// Secrets of a host file: getting them, leaving them out of what is kept, and finding them in what is printed.
import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { decodeText } from './decode.ts';
import { fetchText } from './fetch.ts';
import type { HostFile } from './schema/host-file.ts';
import type { Secret } from './schema/values.ts';
import { listSecrets } from './secret-places.ts';

export interface ReadSecretOptions {
  /** Where files beside the host file are; left out for a host file that came alone. */
  directory?: string | undefined;
  /** Asks a person without showing what is typed; left out where nobody can be asked. */
  ask?: ((words: string) => Promise<string>) | undefined;
  /** Told every secret that is read, so that it can be kept out of texts. */
  seen?: ((secret: string) => void) | undefined;
  /** Fetches a text (default: fetchText). */
  fetch?:
    ((url: string, options: { fingerprint?: string | undefined }) => Promise<string>) | undefined;
}

/** Bytes; a secret is a line. */
const SIZE_LIMIT = 64 * 1024;

/**
 * The text of a secret, without the line end that files have.
 * Errors: `input/secret-file`, `input/secret-empty`, `input/secret-not-asked`, `input/encoding`, those of fetchText. None
 * of them repeats anything of the secret.
 */
export async function readSecret(secret: Secret, options: ReadSecretOptions): Promise<string> {
  if (typeof secret === 'string') {
    options.seen?.(secret);
    return secret;
  }
  const text = (await readRaw(secret, options)).replace(/\r?\n$/, '');
  if (text === '') {
    throw new KronosError('input/secret-empty', `${describeSource(secret)} gave an empty secret`, {
      hint: 'put the secret there, or name another place',
    });
  }
  options.seen?.(text);
  return text;
}

async function readRaw(
  secret: Exclude<Secret, string>,
  options: ReadSecretOptions,
): Promise<string> {
  if ('file' in secret) return readSecretFile(secret.file, options.directory);
  if ('url' in secret)
    return (options.fetch ?? fetchText)(secret.url, { fingerprint: secret.fingerprint });
  if (options.ask === undefined) {
    throw new KronosError('input/secret-not-asked', `nobody can be asked for: ${secret.prompt}`, {
      hint: 'run where there is a console, or give the secret by file or url',
    });
  }
  return options.ask(secret.prompt);
}

async function readSecretFile(path: string, directory: string | undefined): Promise<string> {
  if (!isAbsolute(path) && directory === undefined) {
    throw new KronosError('input/secret-file', `there is no directory to look for ${path} in`, {
      hint: 'the host file came alone; use an absolute path, or url or prompt',
    });
  }
  const full = isAbsolute(path) ? path : join(directory ?? '', path);
  let bytes: Buffer;
  try {
    const file = await open(full, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(SIZE_LIMIT + 1));
      bytes = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new KronosError('input/secret-file', `reading the secret in ${full} failed`, {
      cause: error,
      hint: 'look at the path and at who may read it',
    });
  }
  if (bytes.length > SIZE_LIMIT) {
    throw new KronosError('input/secret-file', `${full} is too large for a secret`, {
      hint: 'is this the right file?',
    });
  }
  return decodeText(bytes, full);
}

function describeSource(secret: Exclude<Secret, string>): string {
  if ('file' in secret) return `the file ${secret.file}`;
  return 'url' in secret ? `the URL ${withoutUser(secret.url)}` : 'the answer';
}

/** A URL without name and password in it. */
export function withoutUser(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
}

/**
 * The host file without secrets: what is shown, and carried on the installed host. It still validates, and whoever uses
 * it again is asked for what is missing: hashes become "!!" (set at the first login on the console), secrets questions.
 * Variables and includes, which are done with, go too.
 */
export function redactHostFile(hostFile: HostFile): HostFile {
  const copy = structuredClone(hostFile);
  for (const { path, name, secret } of listSecrets(copy)) {
    if (typeof secret !== 'string') continue;
    set(copy, path, { prompt: `${name} (removed)` } satisfies Secret);
  }
  for (const login of [copy.root, ...copy.users]) {
    if (login.passwordHash !== undefined && login.passwordHash !== '!') login.passwordHash = '!!';
  }
  copy.variables = {};
  copy.include = [];
  return mapUrls(copy);
}

/**
 * Every text that must not show up anywhere: secrets, hashes, passwords in URLs. Those that are read from elsewhere
 * (`readSecret`) are known only to who read them.
 */
export function secretsOf(hostFile: HostFile): string[] {
  const found = new Set<string>();
  for (const { secret } of listSecrets(hostFile)) if (typeof secret === 'string') found.add(secret);
  for (const { passwordHash } of [hostFile.root, ...hostFile.users]) {
    if (passwordHash !== undefined && !/^!!?$/.test(passwordHash)) found.add(passwordHash);
  }
  mapUrls(hostFile, (url) => {
    for (const password of passwordsIn(url)) found.add(password);
  });
  return [...found];
}

/** The password in a URL, as typed and as it is meant. */
export function passwordsIn(url: string): string[] {
  const typed = /^[a-z]+:\/\/[^/?#]*?:([^/?#]*)@/i.exec(url)?.[1] ?? '';
  return [typed, decode(typed)].filter((password) => password !== '');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A copy with name and password taken out of every value under a key `url`. */
function mapUrls<T>(value: T, seen: (url: string) => void = () => undefined): T {
  const visit = (inner: unknown, key: string): unknown => {
    if (Array.isArray(inner)) return inner.map((item) => visit(item, ''));
    if (typeof inner === 'object' && inner !== null)
      return Object.fromEntries(
        Object.entries(inner).map(([name, one]) => [name, visit(one, name)]),
      );
    if (key !== 'url' || typeof inner !== 'string') return inner;
    seen(inner);
    return withoutUser(inner);
  };
  return visit(value, '') as T;
}

function set(target: object, path: readonly (string | number)[], value: unknown): void {
  let current = target as Record<string | number, unknown>;
  for (const part of path.slice(0, -1)) current = current[part] as Record<string | number, unknown>;
  current[path.at(-1) ?? ''] = value;
}
