// Shrinks the cache: outputs of steps first, because they can be made again; packages last, because mirrors drop old
// versions.
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../common/digest.ts';
import { exists, listFiles } from '../common/files.ts';
import type { Progress } from '../common/progress.ts';
import { readLock } from './lock/read.ts';
import { recipeDirectories } from './request.ts';
import { removeTree } from './sandbox/remove.ts';
import { makeWorkDirectory } from './step/work.ts';
import { BlobStore, pruneBlobs } from './store/blobs.ts';

export interface CleanOptions {
  cache: string;
  /** Bytes that may be left. */
  limit: number;
  /** Remove everything, also what was used just now and packages that a lock names. */
  all?: boolean;
  /** Directories of the user's own recipes; packages in their locks are kept, as those in ours. */
  recipes?: readonly string[];
  progress: Progress;
  signal: AbortSignal;
}

export interface CleanResult {
  /** Bytes. */
  removed: number;
  /** Bytes. */
  left: number;
}

/** Milliseconds for which a step counts as in use: a build that runs may still need it. */
const IN_USE = 10 * 60 * 1000;

interface CachedStep {
  path: string;
  bytes: number;
  /** Milliseconds since 1970. */
  used: number;
}

/** Removes what was not used for the longest time until the cache fits the limit. Errors: those of node:fs. */
export async function cleanCache(options: CleanOptions): Promise<CleanResult> {
  const { cache, all = false, progress, signal } = options;
  const limit = all ? 0 : options.limit;
  const store = new BlobStore(cache);
  progress.note('looking');
  const steps = (await listSteps(cache)).sort((a, b) => a.used - b.used);
  const blobs = await directoryBytes(store.directory);
  let removed = 0;
  let left = steps.reduce((sum, step) => sum + step.bytes, blobs);
  for (const step of steps) {
    signal.throwIfAborted();
    if (left <= limit && !all) break;
    if (!all && Date.now() - step.used < IN_USE) continue;
    progress.note(`removing ${step.path}`);
    await removeStep(cache, step.path);
    removed += step.bytes;
    left -= step.bytes;
  }
  if (all) {
    for (const name of await readdir(cache).catch(() => [])) {
      // Not ours, should someone have named a directory that holds other things.
      if (!['steps', 'blobs', 'last', 'apt', 'work'].includes(name)) continue;
      await removeTree(join(cache, name));
    }
    return { removed: removed + blobs, left: 0 };
  }
  const others = left - blobs;
  const pruned = await pruneBlobs(
    store,
    await lockedBlobs(options.recipes),
    Math.max(0, limit - others),
  );
  return { removed: removed + pruned.removed, left: others + pruned.left };
}

/** Out of the way first: cut in the middle, it would leave a part that looks like a whole. */
async function removeStep(cache: string, path: string): Promise<void> {
  const work = await makeWorkDirectory(join(cache, 'work'));
  await rename(path, join(work, 'step'));
  await removeTree(work);
}

async function listSteps(cache: string): Promise<CachedStep[]> {
  const parent = join(cache, 'steps');
  const found: CachedStep[] = [];
  for (const shard of await readdir(parent).catch(() => [])) {
    for (const name of await readdir(join(parent, shard))) {
      const path = join(parent, shard, name);
      found.push({ path, bytes: await directoryBytes(path), used: (await stat(path)).mtimeMs });
    }
  }
  return found;
}

/** What the files of a directory take on the disk. */
async function directoryBytes(directory: string): Promise<number> {
  if (!(await exists(directory))) return 0;
  let bytes = 0;
  for (const name of await listFiles(directory)) {
    bytes += (await stat(join(directory, name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** Every package that a lock beside known recipes names. */
async function lockedBlobs(recipes: readonly string[] = []): Promise<Set<Sha256>> {
  const blobs = new Set<Sha256>();
  for (const directory of await recipeDirectories(recipes)) {
    const locks = join(directory, 'locks');
    for (const name of await readdir(locks).catch(() => [])) {
      if (!name.endsWith('.lock.yaml')) continue;
      for (const { sha256 } of (await readLock(join(locks, name))).packages) blobs.add(sha256);
    }
  }
  return blobs;
}
