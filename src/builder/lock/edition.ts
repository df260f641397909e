// `kronos lock`: makes, updates and checks the lock file of an edition.
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import { nearest } from '../../common/nearest.ts';
import type { Progress } from '../../common/progress.ts';
import type { OriginOptions } from '../apt/origins.ts';
import { SECURITY_ARCHIVE } from '../apt/sources.ts';
import { compareVersions } from '../apt/version.ts';
import type { LayerName, Selection } from '../recipe/recipe.ts';
import { diffLocks, type LockChange } from './diff.ts';
import type { Lock } from './lock.ts';
import { readLock } from './read.ts';
import { resolveLock, withResolution } from './resolve.ts';
import { writeLock } from './write.ts';

/** Where the lock of an edition is, below a recipes directory. */
export function lockPath(recipesDirectory: string, edition: string, architecture: string): string {
  return join(recipesDirectory, 'locks', `${edition}-${architecture}.lock.yaml`);
}

export interface LockOptions extends OriginOptions {
  selection: Selection;
  /** The lock file. */
  file: string;
  /** Undefined or empty: everything may move; names: only they, and what must move with them. */
  update?: readonly string[] | undefined;
  /** Resolve and report, but write nothing. */
  dryRun?: boolean | undefined;
}

export interface LockResult {
  file: string;
  lock: Lock;
  /** What differs from the lock that was there. */
  changes: LockChange[];
  /** True where the file is new or has another content. */
  written: boolean;
}

/**
 * Resolves an edition and writes its lock.
 * Errors: `input/lock-missing` and `input/unknown-package` for `update`, those of `resolveLock`.
 */
export async function lockEdition(
  options: LockOptions,
  progress: Progress,
  signal?: AbortSignal,
): Promise<LockResult> {
  const { selection, file, update = [] } = options;
  const previous = update.length > 0 || (await exists(file)) ? await readLock(file) : undefined;
  if (previous !== undefined) {
    for (const name of update) {
      if (previous.packages.some((locked) => locked.name === name)) continue;
      const near = nearest(
        name,
        previous.packages.map((locked) => locked.name),
      );
      throw new KronosError(
        'input/unknown-package',
        `the lock has no package ${JSON.stringify(name)}`,
        {
          location: { file },
          hint: near === undefined ? 'new packages are added in a recipe' : `did you mean ${near}?`,
        },
      );
    }
  }
  const lock = await resolveLock(
    {
      ...options,
      selection,
      signal,
      ...(previous === undefined || update.length === 0
        ? {}
        : { keep: { lock: previous, update } }),
    },
    progress,
  );
  const changes = previous === undefined ? [] : diffLocks(previous, lock);
  const same = previous !== undefined && changes.length === 0 && sameHeader(previous, lock);
  // An index that only became younger is no reason to change every date in the image.
  const result = same ? previous : lock;
  if (!same && options.dryRun !== true) await writeLock(file, result);
  return { file, lock: result, changes, written: !same && options.dryRun !== true };
}

function sameHeader(a: Lock, b: Lock): boolean {
  const header = (lock: Lock) => {
    const owners = lock.packages.map(({ name, layer, recipe, asked, origin, path }) => [
      name,
      layer,
      recipe,
      asked,
      origin,
      path,
    ]);
    return JSON.stringify([
      lock.edition,
      lock.suite,
      lock.architecture,
      lock.requests,
      Object.entries(lock.origins).sort(),
      owners,
    ]);
  };
  return header(a) === header(b);
}

export interface Newer {
  name: string;
  layer: LayerName;
  locked: string;
  newest: string;
  /** The newer version comes from the security archive. */
  security: boolean;
}

/**
 * What the origins have that is newer than the lock, security updates first, then by name.
 * Errors: those of reading the lock and of `withResolution`.
 */
export async function checkLock(
  options: OriginOptions & { selection: Selection; file: string },
  progress: Progress,
  signal?: AbortSignal,
): Promise<Newer[]> {
  const lock = await readLock(options.file);
  return withResolution({ ...options, signal }, progress, ({ index, origins }) => {
    const found: Newer[] = [];
    for (const { name, layer, version, origin } of lock.packages) {
      const from = origins.distribution.has(origin) ? origins.distribution : new Set([origin]);
      const newest = index.newest(name, from);
      if (newest === undefined || compareVersions(newest.version, version) <= 0) continue;
      // A later upload to the suite may hide the security update that brought the fix.
      const security = index
        .versions(name)
        .some((one) => one.from === SECURITY_ARCHIVE && compareVersions(one.version, version) > 0);
      found.push({ name, layer, locked: version, newest: newest.version, security });
    }
    found.sort(
      (a, b) =>
        Number(b.security) - Number(a.security) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
    );
    return Promise.resolve(found);
  });
}
