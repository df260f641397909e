// From the staging directory into the repository, in an order in which a reader never sees an index without its files.
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestFile } from '../../common/digest.ts';
import { listFiles, statOrUndefined } from '../../common/files.ts';

/**
 * When a file is put in place: packages, then what is found by its digest, then what is found by name, and last the
 * files that a client begins with.
 */
export function placeOrder(path: string): number {
  const name = basename(path);
  if (/\.(?:deb|rpm)$/.test(name)) return 0;
  if (path.includes('/by-hash/') || /\/repodata\/[0-9a-f]{64}-/.test(path)) return 1;
  return name === 'InRelease' || name === 'repomd.xml' ? 3 : 2;
}

/**
 * Moves what differs from `staging` into `directory` and returns the paths of it, in the order of moving.
 * Errors: those of node:fs.
 */
export async function placeFiles(staging: string, directory: string): Promise<string[]> {
  const placed: string[] = [];
  const paths = (await listFiles(staging)).toSorted((a, b) => placeOrder(a) - placeOrder(b));
  for (const path of paths) {
    const from = join(staging, path);
    const to = join(directory, path);
    if (await isSameFile(from, to)) continue;
    await makeReadable(dirname(to));
    await chmod(from, 0o644);
    await syncFile(from);
    await rename(from, to);
    placed.push(path);
  }
  return placed;
}

/**
 * Makes a directory that everybody may read whatever the caller's umask is: the server of the repository is somebody
 * else. Directories that are there stay as they are. Errors: those of node:fs.
 */
export async function makeReadable(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  for (let at = directory; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}

async function isSameFile(from: string, to: string): Promise<boolean> {
  const there = await statOrUndefined(to);
  if (there?.isFile() !== true) return false;
  const own = await statOrUndefined(from);
  if (own?.ino === there.ino && own.dev === there.dev) return true;
  return own?.size === there.size && (await digestFile(from)) === (await digestFile(to));
}

/** A power cut after the rename must not leave an empty file in the place of the old one. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes files found by digest that neither the index nor the one before it names. `keep` and the directories are
 * relative to `root`. Errors: those of node:fs.
 */
export async function removeOld(
  root: string,
  directories: readonly string[],
  keep: ReadonlySet<string>,
): Promise<void> {
  for (const directory of directories) {
    for (const name of await readdir(join(root, directory)).catch(() => [])) {
      const path = join(directory, name);
      if (/^[0-9a-f]{64}(?:-|$)/.test(name) && !keep.has(path)) await rm(join(root, path));
    }
  }
}
