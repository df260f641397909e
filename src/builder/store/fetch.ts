// Brings the files of a lock into the store. With all of them there already, neither apt nor the network is touched.
import { readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KronosError, KronosErrors } from '../../common/error.ts';
import { digestFile } from '../../common/digest.ts';
import { exists, statOrUndefined } from '../../common/files.ts';
import { formatBytes } from '../../common/format.ts';
import type { Progress } from '../../common/progress.ts';
import { findMirror, type MirrorOptions } from '../apt/mirror.ts';
import { normalizeUri } from '../apt/sources.ts';
import type { Lock, LockedPackage } from '../lock/lock.ts';
import type { Edition, OriginSpec } from '../recipe/recipe.ts';
import type { BuildSuite } from '../source/environment.ts';
import { rebuildSource } from '../source/rebuild.ts';
import { BlobStore } from './blobs.ts';
import { downloadFiles, encodePath, type Download } from './download.ts';

export interface FetchOptions extends MirrorOptions {
  cache: string;
  /** The edition with the origins of the command line: directories of packages are found there. */
  edition?: Pick<Edition, 'origins' | 'location'> | undefined;
  /** Neither apt nor the network is touched: what is missing is refused. */
  offline?: boolean | undefined;
}

export interface FetchResult {
  /** Blobs that had to be fetched, and their bytes. */
  fetched: number;
  bytes: number;
  /** Blobs that were there. */
  present: number;
}

/** Packages of a lock whose blob is not in the store, each content once. */
async function missingPackages(lock: Lock, store: BlobStore): Promise<LockedPackage[]> {
  const missing = new Map<string, LockedPackage>();
  for (const locked of lock.packages) {
    if (missing.has(locked.sha256)) continue;
    // A size that differs from the stored file is a lock that was changed by hand.
    const there = await statOrUndefined(store.path(locked.sha256));
    if (there === undefined) missing.set(locked.sha256, locked);
    else if (there.size !== locked.size) {
      if ((await digestFile(store.path(locked.sha256))) !== locked.sha256) {
        // The disk lost a part of it: it is fetched again.
        await rm(store.path(locked.sha256), { force: true });
        missing.set(locked.sha256, locked);
        continue;
      }
      throw new KronosError(
        'verification/blob-digest',
        `package ${locked.name} ${locked.version} is locked with ${locked.size} bytes, but the file with that sha256 has ${there.size}`,
        { hint: `write the line anew with: kronos lock --update ${locked.name}` },
      );
    } else await store.touch(locked.sha256);
  }
  return [...missing.values()];
}

/** Copies what a directory origin has, found by content whatever the files are called now. */
async function copyFromDirectory(
  name: string,
  wanted: readonly LockedPackage[],
  spec: OriginSpec | undefined,
  base: string,
  store: BlobStore,
): Promise<void> {
  if (spec?.type !== 'directory') {
    throw new KronosError(
      'input/origin-missing',
      `package ${wanted[0]?.name ?? ''} comes from the directory origin ${name}, which nobody has named, and is not in the store`,
      { hint: `name it with --origin ${name}=dir:PATH, or import a bundle` },
    );
  }
  const directory = resolve(base, spec.path);
  const left = new Map(wanted.map((locked) => [locked.sha256, locked]));
  for (const locked of wanted) {
    const path = join(directory, locked.path);
    if ((await exists(path)) && (await digestFile(path)) === locked.sha256) {
      await store.putCopy(path, locked);
      left.delete(locked.sha256);
    }
  }
  if (left.size === 0) return;
  for (const file of (await readdir(directory)).filter((one) => one.endsWith('.deb'))) {
    const path = join(directory, file);
    const locked = left.get(await digestFile(path));
    if (locked !== undefined) {
      await store.putCopy(path, locked);
      left.delete(locked.sha256);
    }
  }
  const [first] = left.values();
  if (first === undefined) return;
  const path = join(directory, first.path);
  const found = (await exists(path)) ? await digestFile(path) : undefined;
  throw new KronosError(
    'verification/blob-digest',
    found === undefined
      ? `${directory} no longer has package ${first.name} ${first.version} (sha256 ${first.sha256})`
      : `${path} is not the locked package ${first.name} ${first.version}: expected sha256 ${first.sha256}, found ${found}`,
    {
      hint: `lock what is there now with: kronos lock --update ${first.name}`,
      details: { package: first.name, expected: first.sha256, found },
    },
  );
}

/**
 * Downloads every file of a lock that is not in the store, four at a time, going on where an earlier run was cut.
 * Only what has the locked size and sha256 enters the store.
 * Errors: `io/mirror-unreachable`, `io/blob-gone`, `verification/blob-digest`, `io/disk-full`, `input/origin-missing`,
 * `io/blob-missing` (offline), `input/no-mirror`, `interrupted/cancelled`.
 */
export async function fetchBlobs(
  lock: Lock,
  options: FetchOptions,
  progress: Progress,
  signal?: AbortSignal,
): Promise<FetchResult> {
  const store = new BlobStore(options.cache);
  const missing = await missingPackages(lock, store);
  const present = new Set(lock.packages.map((locked) => locked.sha256)).size - missing.length;
  const bytes = missing.reduce((sum, locked) => sum + locked.size, 0);
  if (missing.length === 0) return { fetched: 0, bytes: 0, present };
  if (options.offline === true) throw refuseOffline(missing);
  progress.note(`${missing.length} packages to fetch, ${formatBytes(bytes)}`);

  const byOrigin = new Map<string, LockedPackage[]>();
  for (const locked of missing)
    byOrigin.set(locked.origin, [...(byOrigin.get(locked.origin) ?? []), locked]);
  const downloads: Download[] = [];
  let mirror: Awaited<ReturnType<typeof findMirror>> | undefined;
  for (const [name, wanted] of byOrigin) {
    const origin = lock.origins[name];
    const spec = options.edition?.origins[name];
    switch (origin?.type) {
      case 'distribution': {
        mirror ??= await findMirror(options);
        const base = origin.archive === 'debian-security' ? mirror.security : mirror.main;
        for (const locked of wanted)
          downloads.push({ uri: `${base}/${encodePath(locked.path)}`, identity: locked });
        break;
      }
      case 'apt':
        for (const locked of wanted) {
          downloads.push({
            uri: `${normalizeUri(origin.url)}/${encodePath(locked.path)}`,
            identity: locked,
          });
        }
        break;
      case 'deb-src':
        mirror ??= await findMirror(options);
        await rebuildSource(
          { source: origin.source, version: origin.version, suite: origin.suite },
          { target: targetOf(lock, options), mirror, cache: options.cache, signal },
          progress,
        );
        for (const locked of wanted) {
          if (!(await store.has(locked.sha256)))
            throw differentBuild(locked, origin.source, origin.version);
        }
        break;
      case 'directory':
      case undefined:
        await copyFromDirectory(
          name,
          wanted,
          spec,
          dirname(options.edition?.location.file ?? '.'),
          store,
        );
    }
  }
  const errors = await downloadFiles(downloads, store, progress, signal);
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 1) throw new KronosErrors(errors.slice(0, 10));
  return { fetched: missing.length, bytes, present };
}

/** The suite that a lock's rebuilt sources were built for. */
function targetOf(lock: Lock, options: FetchOptions): BuildSuite {
  const specs = Object.values(options.edition?.origins ?? {});
  const components = specs.flatMap((spec) => (spec.type === 'distribution' ? spec.components : []));
  return {
    suite: lock.suite,
    architecture: lock.architecture,
    components: components.length === 0 ? ['main'] : components,
  };
}

function differentBuild(locked: LockedPackage, source: string, version: string): KronosError {
  return new KronosError(
    'verification/blob-digest',
    `package ${locked.name} ${locked.version} is not the locked one after building its source ${source} ${version} again`,
    { hint: 'import a bundle that has the locked build, or lock the new one with: kronos lock' },
  );
}

function refuseOffline(missing: readonly LockedPackage[]): KronosError {
  const names = missing.map((locked) => `${locked.name} ${locked.version}`);
  const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
  return new KronosError(
    'io/blob-missing',
    `without network, but not in the store: ${names.slice(0, 5).join(', ')}${more}`,
    { hint: 'import a bundle of this lock: kronos bundle import FILE' },
  );
}
