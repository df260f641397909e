// The outer half of `verify`: signature, SHA256SUMS, and every file of the release against the manifest.
import { createHash } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import { digestFile, updateFromFile, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined, statOrUndefined } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import type { Problem } from './compare.ts';
import { SUMS, type Release } from './release.ts';
import { checkSignature, type Signature } from './signature.ts';
import { parseSums, type FileRecord } from './sums.ts';
import type { VerifyReport } from './verify.ts';
import { releaseNames } from '../publish.ts';

export interface VerifyFilesOptions {
  /** Whether every file of the release must be there, not only the ISO and its papers. */
  whole: boolean;
  scratch: string;
  pristine: (size: number) => Uint8Array;
  keyring?: string | undefined;
  requireSignature?: boolean;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

export interface VerifyFilesReport {
  signature: Signature;
  hostFile: VerifyReport['hostFile'];
  checked: number;
  notes: string[];
  problems: Problem[];
}

/** Checks signature, checksums and files. Errors: `input/keyring`, `interrupted/cancelled`. */
export async function verifyFiles(
  release: Release,
  options: VerifyFilesOptions,
): Promise<VerifyFilesReport> {
  const { manifest, directory } = release;
  const problems: Problem[] = [];
  const notes: string[] = [];
  const absent: string[] = [];
  let hostFile: VerifyReport['hostFile'] = 'unknown';
  let checked = 0;

  const signature = await verifySignature(directory, options, problems, notes);
  const sums = await readSums(directory, problems);
  const manifestName = relative(directory, release.manifestPath);

  for (const record of manifest.artefacts) {
    options.signal?.throwIfAborted();
    options.progress.note(`sha256 of ${record.path}`);
    const isIso = record.path === manifest.iso.path;
    const full = isIso ? release.iso : join(directory, record.path);
    const size = (await statOrUndefined(full))?.size;
    if (size === undefined) {
      if (options.whole || isIso || isPaper(record.path, manifest.name)) {
        problems.push({
          name: 'missing-file',
          file: record.path,
          ...differ(describe(record), 'nothing'),
        });
      } else {
        absent.push(record.path);
      }
      continue;
    }
    checked += 1;
    let sha256 = await digestFile(full);
    if (isIso) {
      const area = manifest.iso.hostArea;
      const restored =
        sha256 === record.sha256 || size !== record.size
          ? sha256
          : await digestRestored(full, area.offset, options.pristine(area.size));
      hostFile =
        sha256 === record.sha256 ? 'none' : restored === record.sha256 ? 'embedded' : 'unknown';
      sha256 = restored;
    }
    if (size !== record.size || sha256 !== record.sha256) {
      const found = describe({ size, sha256 });
      problems.push({
        name: 'changed-file',
        file: record.path,
        ...differ(describe(record), found),
      });
    }
    checkSum(record.path, sha256, record.sha256, sums, problems);
  }
  if (sums !== undefined) {
    const sha256 = await digestFile(release.manifestPath);
    checkSum(manifestName, sha256, undefined, sums, problems);
    checked += 1;
    const known = new Set([...manifest.artefacts.map(({ path }) => path), manifestName]);
    for (const path of sums.keys()) {
      if (known.has(path)) continue;
      const found = `${SUMS} lists it${(await exists(join(directory, path))) ? '' : ', and it is not there'}`;
      problems.push({
        name: 'unexpected-file',
        file: path,
        ...differ('not in the manifest', found),
      });
    }
  }
  if (options.whole) await findStrangers(release, manifestName, problems, notes);
  if (absent.length > 0) {
    notes.push(`not beside the ISO and not checked (${absent.length}): ${shorten(absent)}`);
  }
  return { signature, hostFile, checked, notes, problems };
}

async function verifySignature(
  directory: string,
  options: VerifyFilesOptions,
  problems: Problem[],
  notes: string[],
): Promise<Signature> {
  const path = join(directory, SUMS);
  const file = `${SUMS}.asc`;
  const there = (await exists(path)) && (await exists(`${path}.asc`));
  const signature = there
    ? await checkSignature(path, `${path}.asc`, options)
    : { state: 'unsigned' as const };
  const expected = 'a good signature';
  if (signature.state === 'bad') {
    problems.push({ name: 'signature', file, expected, found: signature.reason });
  } else if (
    signature.state !== 'good' &&
    (options.requireSignature === true || (options.keyring !== undefined && there))
  ) {
    const found =
      signature.state === 'unsigned' ? 'none' : `one that was not checked: ${signature.reason}`;
    problems.push({ name: 'signature', file, expected, found });
  } else if (signature.state === 'unchecked') {
    notes.push(`the signature was not checked: ${signature.reason}`);
  }
  return signature;
}

async function readSums(
  directory: string,
  problems: Problem[],
): Promise<Map<string, Sha256> | undefined> {
  const text = await readTextOrUndefined(join(directory, SUMS));
  const expected = 'a list of checksums';
  if (text === undefined) {
    problems.push({ name: 'missing-file', file: SUMS, expected, found: 'nothing' });
    return undefined;
  }
  try {
    return parseSums(text, SUMS);
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    const line = error.location?.line;
    const found = `${error.message}${line === undefined ? '' : ` (line ${line})`}`;
    problems.push({ name: 'changed-file', file: SUMS, expected, found });
    return undefined;
  }
}

/** Compares a file with its line in SHA256SUMS; a difference that the manifest shows too is not told twice. */
function checkSum(
  path: string,
  real: Sha256,
  inManifest: Sha256 | undefined,
  sums: ReadonlyMap<string, Sha256> | undefined,
  problems: Problem[],
): void {
  if (sums === undefined) return;
  const listed = sums.get(path);
  if (listed === undefined) {
    problems.push({ name: 'unlisted-file', file: path, ...differ(`a line in ${SUMS}`, 'none') });
  } else if (listed !== real && listed !== inManifest) {
    problems.push({
      name: 'changed-file',
      file: path,
      ...differ(`sha256 ${listed} as in ${SUMS}`, `sha256 ${real}`),
    });
  }
}

/** Files in the directory that no paper knows: an error where they would be served, told elsewhere. */
async function findStrangers(
  release: Release,
  manifestName: string,
  problems: Problem[],
  notes: string[],
): Promise<void> {
  const { manifest, directory } = release;
  const known = new Set([
    ...manifest.artefacts.map(({ path }) => path),
    manifestName,
    SUMS,
    `${SUMS}.asc`,
  ]);
  const strangers = (await releaseNames(directory)).filter((path) => !known.has(path));
  for (const path of strangers.filter((name) => name.includes('/'))) {
    problems.push({
      name: 'unlisted-file',
      file: path,
      ...differ('not in the manifest', 'a file'),
    });
  }
  const beside = strangers.filter((name) => !name.includes('/'));
  if (beside.length > 0) notes.push(`files that do not belong to the release: ${shorten(beside)}`);
}

/** sha256 of the ISO as it was before a host file was filled in. */
async function digestRestored(iso: string, offset: number, filler: Uint8Array): Promise<Sha256> {
  const hash = createHash('sha256');
  if (offset > 0) await updateFromFile(hash, iso, { end: offset - 1 });
  hash.update(filler);
  await updateFromFile(hash, iso, { start: offset + filler.length });
  return hash.digest('hex');
}

function isPaper(path: string, name: string): boolean {
  return (
    basename(path) === path &&
    (path.endsWith('.json') || path.endsWith('.jsonl')) &&
    path.startsWith(name)
  );
}

function describe({ size, sha256 }: Omit<FileRecord, 'path'>): string {
  return `${size} bytes, sha256 ${sha256}`;
}

function differ(expected: string, found: string): { expected: string; found: string } {
  return { expected, found };
}

function shorten(paths: readonly string[]): string {
  return `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ', ...' : ''}`;
}
