// Takes out of a tree what names one machine, what is a cache, and what only the build needed.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { exists } from '../../common/files.ts';
import { DPKG_SETTINGS } from './unpack.ts';

/** Our own traces, whatever the recipes say. */
const BUILD_TRACES = [DPKG_SETTINGS, '/usr/sbin/policy-rc.d'];

/**
 * Removes all paths that match the globs (absolute, `**` crosses directories). A path without wildcards goes with all
 * that is in it. A glob takes files and links only: the directories belong to packages, and daemons die without the
 * one that they log to.
 */
export async function cleanTree(tree: string, globs: readonly string[]): Promise<void> {
  for (const path of BUILD_TRACES) await rm(join(tree, path), { force: true });
  const plain = globs.filter((glob) => !/[*?[\]{}]/.test(glob));
  for (const path of plain) await rm(join(tree, path), { recursive: true, force: true });
  const patterns = globs.filter((glob) => !plain.includes(glob));
  // Only the part of the tree that a pattern can match is walked.
  for (const base of new Set(patterns.map(fixedPart))) {
    if (!(await exists(join(tree, base)))) continue;
    const matches = picomatch(
      patterns.filter((glob) => fixedPart(glob) === base),
      { dot: true },
    );
    await removeMatching(tree, base, matches);
  }
}

/** The directory before the first wild part of a glob. */
function fixedPart(glob: string): string {
  const parts = glob.split('/');
  const wild = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  return parts.slice(0, wild).join('/');
}

async function removeMatching(
  tree: string,
  directory: string,
  matches: (path: string) => boolean,
): Promise<void> {
  for (const entry of await readdir(join(tree, directory), { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) await removeMatching(tree, path, matches);
    else if (matches(path)) await rm(join(tree, path), { force: true });
  }
}
