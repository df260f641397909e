// Takes out of a tree what names one machine, what is a cache, and what only the build needed.
import { readdir, readlink, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { exists } from '../../common/files.ts';
import { DPKG_SETTINGS } from './unpack.ts';

/** Our own traces, whatever the recipes say. */
const BUILD_TRACES = [DPKG_SETTINGS, '/usr/sbin/policy-rc.d'];

/** Links on one path after which it counts as a circle. */
const MOST_LINKS = 40;

/**
 * Removes all paths that match the globs (absolute, `**` crosses directories). A path without wildcards goes with all
 * that is in it. A glob takes files and links only: the directories belong to packages, and daemons die without the
 * one that they log to.
 */
export async function cleanTree(tree: string, globs: readonly string[]): Promise<void> {
  for (const path of BUILD_TRACES) await rm(join(tree, path), { force: true });
  const plain = globs.filter((glob) => !/[*?[\]{}]/.test(glob));
  for (const path of plain.map((glob) => resolve('/', glob))) {
    const parent = await locateInTree(tree, dirname(path));
    if (parent === undefined) continue;
    await rm(join(parent, basename(path)), { recursive: true, force: true });
  }
  const patterns = globs.filter((glob) => !plain.includes(glob));
  // Only the part of the tree that a pattern can match is walked.
  for (const base of new Set(patterns.map(fixedPart))) {
    const start = await locateInTree(tree, base);
    if (start === undefined || !(await exists(start))) continue;
    const matches = picomatch(
      patterns.filter((glob) => fixedPart(glob) === base),
      { dot: true },
    );
    await removeMatching(start, base, matches);
  }
}

/**
 * Where a directory of the tree lies on the machine that builds; undefined where its links go round in circles. Links
 * are followed as the tree means them: its /var/run is a link to /run, and the machine's own /run is not to be touched.
 */
async function locateInTree(tree: string, directory: string): Promise<string | undefined> {
  let pending = directory.split('/');
  let current = '/';
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    const next = resolve(current, part);
    const target = await readlink(join(tree, next)).catch(() => undefined);
    if (target === undefined) {
      current = next;
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) return undefined;
    pending = [...resolve(current, target).split('/'), ...pending];
    current = '/';
  }
  return join(tree, current);
}

/** The directory before the first wild part of a glob. */
function fixedPart(glob: string): string {
  const parts = glob.split('/');
  const wild = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return parts.slice(0, wild).join('/');
}

async function removeMatching(
  full: string,
  directory: string,
  matches: (path: string) => boolean,
): Promise<void> {
  for (const entry of await readdir(full, { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`;
    const inside = join(full, entry.name);
    if (entry.isDirectory()) await removeMatching(inside, path, matches);
    else if (matches(path)) await rm(inside, { force: true });
  }
}
