// Which package of a suite has a library or a program, from the suite's list of contents. It only says what to look at:
// the packages that are then fetched are checked against their index, and dpkg-shlibdeps has the last word.
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { digestFile, digestOf } from '../../common/digest.ts';
import { exists } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import { runApt, type AptRoot } from '../apt/root.ts';
import type { AptSource } from '../apt/sources.ts';
import { canonicalPath } from '../manifest/owners.ts';

/** Packages by the canonical path of a file of theirs. */
export type SuiteFiles = ReadonlyMap<string, readonly string[]>;

/** A line of a Contents file: the path, then `section/package` of each that has it. */
export function parseContentsLine(line: string): { path: string; packages: string[] } | undefined {
  const [, path, owners] = /^(\S.*?)\s+(\S+)$/.exec(line) ?? [];
  if (path === undefined || owners === undefined) return undefined;
  const packages = owners.split(',').map((owner) => owner.slice(owner.lastIndexOf('/') + 1));
  return { path: canonicalPath(`/${path}`), packages };
}

/** The files of a list, which comes in pieces, whose names are wanted. */
export async function selectFiles(
  pieces: AsyncIterable<string>,
  names: ReadonlySet<string>,
): Promise<SuiteFiles> {
  const found = new Map<string, string[]>();
  const read = (line: string): void => {
    // Millions of lines: nothing is taken apart that is not wanted.
    const end = line.search(/\s/);
    if (!names.has(line.slice(line.lastIndexOf('/', end) + 1, end))) return;
    const entry = parseContentsLine(line);
    if (entry === undefined) return;
    found.set(entry.path, [...new Set([...(found.get(entry.path) ?? []), ...entry.packages])]);
  };
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) read(line);
  }
  read(rest);
  return found;
}

/**
 * Looks for files by their names in the contents of a suite. The list is kept in the cache until the suite changes.
 * Errors: those of apt.
 */
export async function findSuiteFiles(
  root: AptRoot,
  source: AptSource,
  names: ReadonlySet<string>,
  cache: string,
  progress: Progress,
): Promise<SuiteFiles> {
  if (names.size === 0) return new Map();
  const all = new Map<string, readonly string[]>();
  for (const component of source.components) {
    const file = await fetchContents(root, source, component, cache, progress);
    const pieces = createReadStream(file).pipe(createGunzip({ chunkSize: 1024 * 1024 }));
    const found = await selectFiles(pieces.setEncoding('utf8'), names);
    for (const [path, packages] of found) all.set(path, [...(all.get(path) ?? []), ...packages]);
  }
  return all;
}

/** The path of the list. Warns where it is not the one that the signed index names. */
async function fetchContents(
  root: AptRoot,
  source: AptSource,
  component: string,
  cache: string,
  progress: Progress,
): Promise<string> {
  const name = `${component}/Contents-${root.architecture}.gz`;
  const release = await readRelease(root, source.suite);
  const prefix = `${source.suite}-${component.replaceAll('/', '_')}-${root.architecture}`;
  const file = resolve(cache, 'apt/contents', `${prefix}-${digestOf(release).slice(0, 16)}.gz`);
  if (!(await exists(file))) {
    const directory = dirname(file);
    await mkdir(directory, { recursive: true });
    for (const old of await readdir(directory)) {
      if (old.startsWith(`${prefix}-`)) await rm(join(directory, old), { force: true });
    }
    progress.note(`fetching the contents of ${source.suite}`);
    const uri = `${source.uri}/dists/${source.suite}/${name}`;
    const part = `${file}.${String(process.pid)}.tmp`;
    const helper = '/usr/lib/apt/apt-helper';
    const doing = `fetching the contents of ${source.suite}`;
    await runApt(root, [helper, 'download-file', uri, part], doing);
    await rename(part, file);
  }
  if (!release.includes(await digestFile(file))) {
    progress.warn(
      `the mirror's list of contents of ${source.suite} is not the one that its index names: a library that is said to be missing may be in the suite`,
    );
  }
  return file;
}

/** The text of the signed index that apt has checked. */
async function readRelease(root: AptRoot, suite: string): Promise<string> {
  const names = await readdir(root.lists);
  const name = names.find((one) => one.endsWith(`_dists_${suite}_InRelease`));
  return name === undefined ? '' : readFile(join(root.lists, name), 'utf8');
}
