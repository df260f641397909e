// The difference between a tree before and after more packages were installed, as a layer that goes on top.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { sameEntry, type ScannedEntry } from '../image/scan.ts';

/**
 * Entries that are new or changed, with the directories above them.
 * Errors: `input/live-removes` when a package of the medium removes something of the host: a layer only adds.
 */
export function findAdditions(
  before: ReadonlyMap<string, ScannedEntry>,
  after: readonly ScannedEntry[],
): ScannedEntry[] {
  const now = new Map(after.map((entry) => [entry.path, entry]));
  const removed = [...before.keys()].filter((path) => !now.has(path));
  if (removed.length > 0) {
    throw new KronosError(
      'input/live-removes',
      `packages of the medium remove files of the host: ${removed.slice(0, 10).join(', ')}`,
      { hint: 'move the package to a recipe of layer host, or leave it out' },
    );
  }
  const wanted = new Set<string>();
  for (const entry of after) {
    const old = before.get(entry.path);
    if (old !== undefined && sameEntry(old, entry)) continue;
    for (let path = entry.path; path !== ''; path = path.slice(0, path.lastIndexOf('/'))) {
      wanted.add(path);
    }
    wanted.add('/');
  }
  return after.filter((entry) => wanted.has(entry.path));
}

/** Copies the entries with owners, modes and capabilities into an empty directory. */
export async function copyAdditions(
  tree: string,
  target: string,
  entries: readonly ScannedEntry[],
  scratch: string,
): Promise<void> {
  await mkdir(target, { recursive: true });
  const list = join(scratch, 'additions.list');
  const archive = join(scratch, 'additions.tar');
  await writeFile(list, entries.map((entry) => `.${entry.path}\0`).join(''));
  const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner'];
  await run([
    ...['tar', '-c', '-f', archive, '-C', tree, ...options],
    ...['--no-recursion', '--null', '--files-from', list],
  ]);
  await run(['tar', '-x', '-p', '-f', archive, '-C', target, ...options]);
}
