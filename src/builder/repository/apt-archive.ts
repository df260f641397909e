// An apt archive as it lies there: only what its signature vouches for is believed.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, digestOf } from '../../common/digest.ts';
import { resolveInside, statOrUndefined } from '../../common/files.ts';
import { parsePackages } from '../apt/packages.ts';
import { parseStanzas, type Stanza } from '../apt/stanzas.ts';
import type { Problem } from '../manifest/compare.ts';
import { openClearSigned } from '../manifest/signature.ts';
import { debEntry, type DebEntry } from './deb.ts';
import { signatureProblem } from './problems.ts';

/** Below the repository. */
export const DISTS = 'dists';

/** One suite as its Release file has it. */
export interface AptSuite {
  suite: string;
  /** Seconds since 1970. */
  date: number;
  origin: string;
  label: string;
  entries: DebEntry[];
  /** Files that the Release file vouches for, relative to the suite, with their digests. */
  indices: ReadonlyMap<string, string>;
  /** Fingerprint of the key that signed it. */
  key: string;
  /** What was signed. */
  text: string;
}

export interface InspectOptions {
  /** File with the keys that may have signed it. */
  keyring: string;
  /** Directory for intermediate files. */
  scratch: string;
  signal?: AbortSignal | undefined;
}

/** Names of suites that have been begun: a directory below `dists`. */
export async function listSuites(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Reads every suite whose InRelease file is there, and compares the indices and packages that it vouches for with their
 * digests. What is wrong is collected; a suite without a good signature is not read further.
 * Errors: `input/keyring`, `dependency/tool-missing`, those of node:fs.
 */
export async function inspectAptArchive(
  directory: string,
  options: InspectOptions,
): Promise<{ suites: AptSuite[]; problems: Problem[] }> {
  const suites: AptSuite[] = [];
  const problems: Problem[] = [];
  for (const suite of await listSuites(join(directory, DISTS))) {
    const release = join(DISTS, suite, 'InRelease');
    if ((await statOrUndefined(join(directory, release))) === undefined) continue;
    const { signature, text } = await openClearSigned(join(directory, release), options);
    if (signature.state !== 'good') {
      problems.push(signatureProblem(release, signature));
      continue;
    }
    const stanza = parseStanzas(text)[0] ?? new Map<string, string>();
    const indices = readIndices(stanza);
    const read = await readSuite(directory, suite, indices);
    problems.push(...read.problems);
    suites.push({
      suite,
      ...describeRelease(stanza),
      entries: read.entries,
      indices,
      key: signature.key,
      text,
    });
  }
  const checked = new Map<string, DebEntry>();
  for (const { entries } of suites) for (const entry of entries) checked.set(entry.path, entry);
  for (const entry of checked.values())
    problems.push(...(await compareFile(directory, entry.path, entry.sha256)));
  return { suites, problems };
}

function describeRelease(stanza: Stanza) {
  const date = Date.parse(stanza.get('date') ?? '');
  return {
    date: Number.isFinite(date) ? Math.floor(date / 1000) : 0,
    origin: stanza.get('origin') ?? '',
    label: stanza.get('label') ?? '',
  };
}

/** The `SHA256` field: digest, size and path of every index. */
function readIndices(stanza: Stanza): Map<string, string> {
  const indices = new Map<string, string>();
  for (const line of (stanza.get('sha256') ?? '').split('\n')) {
    const [digest, , path] = line.trim().split(/\s+/);
    if (digest !== undefined && path !== undefined) indices.set(path, digest);
  }
  return indices;
}

/** Where clients find a file by its digest, whatever has taken its place meanwhile. */
export function byHashPath(index: string, sha256: string): string {
  return join(index, '..', 'by-hash', 'SHA256', sha256);
}

async function readSuite(
  directory: string,
  suite: string,
  indices: ReadonlyMap<string, string>,
): Promise<{ entries: DebEntry[]; problems: Problem[] }> {
  const problems: Problem[] = [];
  const entries = new Map<string, DebEntry>();
  for (const [index, digest] of indices) {
    const path = join(DISTS, suite, byHashPath(index, digest));
    const wrong = await compareFile(directory, path, digest);
    problems.push(...wrong);
    if (wrong.length > 0 || !index.endsWith('/Packages')) continue;
    const text = await readFile(join(directory, path), 'utf8');
    // The bytes that were compared are the ones that are read.
    if (digestOf(text) !== digest) continue;
    for (const record of parsePackages(text, suite)) {
      const file = await resolveInside(directory, record.path);
      const entry = debEntry(record, file);
      entries.set(entry.title, entry);
    }
  }
  return { entries: [...entries.values()], problems };
}

/** What is wrong with a file that should have a digest. */
export async function compareFile(
  directory: string,
  path: string,
  sha256: string,
): Promise<Problem[]> {
  const expected = `sha256 ${sha256}`;
  const file = join(directory, path);
  if ((await statOrUndefined(file))?.isFile() !== true)
    return [{ name: 'missing-file', file: path, expected, found: 'nothing' }];
  const found = await digestFile(file);
  return found === sha256
    ? []
    : [{ name: 'changed-file', file: path, expected, found: `sha256 ${found}` }];
}
