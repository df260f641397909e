// A lock and its blobs in one plain tar: carries a build to where there is no network.
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import * as tar from 'tar';
import { SHA256_PATTERN } from '../../common/digest.ts';
import { KronosError, systemCode } from '../../common/error.ts';
import { exists, withTemporaryDirectory, writeFileAtomic } from '../../common/files.ts';
import { formatBytes } from '../../common/format.ts';
import type { Progress } from '../../common/progress.ts';
import { storageError } from '../../common/storage-error.ts';
import type { Lock, LockedPackage } from '../lock/lock.ts';
import { parseLock, readLock } from '../lock/read.ts';
import { formatLock } from '../lock/write.ts';
import { BlobStore } from './blobs.ts';

/** Entry names of a bundle; anything else in it is refused. */
const LOCK_ENTRY = 'kronos-bundle/lock.yaml';
const BLOB_PREFIX = 'kronos-bundle/blobs/';
/** Bytes; the lock is read into memory. */
const LOCK_LIMIT = 1024 * 1024;

/** Each content once, sorted by digest. */
function uniqueBlobs(lock: Lock): LockedPackage[] {
  const blobs = new Map(lock.packages.map((locked) => [locked.sha256, locked]));
  return [...blobs.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

/**
 * Writes a bundle; the same lock gives the same bytes. All blobs must be in the store (`fetchBlobs` first).
 * Errors: `input/lock-missing`, `io/blob-gone`, `verification/blob-digest`, `io/disk-full`.
 */
export async function exportBundle(
  options: { lock: string; target: string; cache: string },
  progress: Progress,
  signal?: AbortSignal,
): Promise<{ file: string; blobs: number; bytes: number }> {
  const lock = await readLock(options.lock);
  const store = new BlobStore(options.cache);
  const blobs = uniqueBlobs(lock);
  const target = resolve(options.target);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(store.directory, { recursive: true });
  return withTemporaryDirectory(store.directory, async (directory) => {
    await mkdir(join(directory, BLOB_PREFIX), { recursive: true });
    await writeFile(join(directory, LOCK_ENTRY), formatLock(lock));
    for (const blob of blobs) {
      if (!(await store.has(blob.sha256))) {
        throw new KronosError(
          'io/blob-gone',
          `package ${blob.name} ${blob.version} is not in the store`,
          {
            hint: 'fetch the packages first: kronos build, or leave the network on',
          },
        );
      }
      await symlink(store.path(blob.sha256), join(directory, BLOB_PREFIX, blob.sha256));
    }
    progress.note(`writing ${blobs.length} packages`);
    try {
      await mkdir(dirname(target), { recursive: true });
      const names = [LOCK_ENTRY, ...blobs.map((blob) => BLOB_PREFIX + blob.sha256)];
      const pack = tar.create(
        {
          cwd: directory,
          portable: true,
          follow: true,
          noDirRecurse: true,
          mtime: new Date(lock.epoch * 1000),
          // Blobs are read-only, other stores may keep them otherwise: one mode for all.
          onWriteEntry: (entry) => {
            if (entry.stat !== undefined) entry.stat.mode = 0o100644;
          },
        },
        names,
      );
      await pipeline(pack, createWriteStream(temporary, { flags: 'wx' }), { signal });
      const { size } = await stat(temporary);
      await rename(temporary, target);
      return { file: target, blobs: blobs.length, bytes: size };
    } catch (error) {
      await rm(temporary, { force: true });
      if (signal?.aborted === true)
        throw new KronosError('interrupted/cancelled', 'writing the bundle was cancelled');
      throw storageError('writing the bundle', error);
    }
  });
}

function badBundle(file: string, why: string): KronosError {
  return new KronosError('verification/bad-bundle', `reading the bundle ${file}: ${why}`, {
    hint: 'nothing of it was used; get the bundle again, or make it anew with: kronos bundle export',
  });
}

/**
 * Reads a bundle: its blobs go into the store, each checked against the lock inside; the lock is written to `lock`
 * where that is named. Nothing is written outside the store and that file.
 * Errors: `input/file-missing`, `verification/bad-bundle`, `verification/blob-digest`, `io/disk-full`.
 */
export async function importBundle(
  options: { bundle: string; cache: string; lock?: string | undefined },
  progress: Progress,
  signal?: AbortSignal,
): Promise<{ lock: Lock; blobs: number; present: number }> {
  const { bundle } = options;
  if (!(await exists(bundle))) {
    throw new KronosError('input/file-missing', `the bundle ${bundle} does not exist`, {
      hint: 'check the path',
    });
  }
  const store = new BlobStore(options.cache);
  const incoming = await store.incoming();
  return withTemporaryDirectory(incoming, async (directory) => {
    const extracted = await extractBundle(bundle, directory, signal);
    const lock = parseLock(extracted.lock, `${basename(bundle)}:${LOCK_ENTRY}`);
    const wanted = new Map(uniqueBlobs(lock).map((blob) => [blob.sha256, blob]));
    for (const sha256 of extracted.blobs) {
      if (!wanted.has(sha256))
        throw badBundle(bundle, `it holds ${sha256}, which its lock does not name`);
    }
    for (const blob of wanted.values()) {
      if (!extracted.blobs.has(blob.sha256))
        throw badBundle(bundle, `package ${blob.name} ${blob.version} is missing`);
    }
    let present = 0;
    let bytes = 0;
    for (const blob of wanted.values()) {
      if (await store.has(blob.sha256)) present += 1;
      // Also those that are there: a bundle with a wrong file is to be told, not half used.
      await store.put(join(directory, blob.sha256), blob);
      bytes += blob.size;
      progress.note(`${formatBytes(bytes)} checked`);
    }
    if (options.lock !== undefined) await writeFileAtomic(options.lock, formatLock(lock));
    return { lock, blobs: wanted.size, present };
  });
}

/** Unpacks the entries that a bundle may have, under names of our own; refuses every other entry. */
async function extractBundle(
  bundle: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<{ lock: string; blobs: Set<string> }> {
  const blobs = new Set<string>();
  const writes: Promise<unknown>[] = [];
  let lock: string | undefined;
  let refusal: KronosError | undefined;
  try {
    await tar.list({
      file: bundle,
      strict: true,
      onReadEntry: (entry) => {
        const { path, type, size } = entry;
        const sha256 = path.startsWith(BLOB_PREFIX) ? path.slice(BLOB_PREFIX.length) : '';
        if (refusal !== undefined || signal?.aborted === true) {
          entry.resume();
        } else if (
          type === 'File' &&
          path === LOCK_ENTRY &&
          size <= LOCK_LIMIT &&
          lock === undefined
        ) {
          lock = '';
          writes.push(entry.concat().then((data) => (lock = Buffer.from(data).toString('utf8'))));
        } else if (type === 'File' && SHA256_PATTERN.test(sha256) && !blobs.has(sha256)) {
          blobs.add(sha256);
          writes.push(pipeline(entry, createWriteStream(join(directory, sha256), { flags: 'wx' })));
        } else {
          refusal = badBundle(bundle, `unexpected entry ${JSON.stringify(path)} (${type})`);
          entry.resume();
        }
      },
    });
    await Promise.all(writes);
  } catch (error) {
    const known = storageError('unpacking the bundle', error);
    if (known instanceof KronosError) throw known;
    if (systemCode(error)?.startsWith('E') === true) throw error;
    throw badBundle(bundle, error instanceof Error ? error.message : String(error));
  }
  if (signal?.aborted === true)
    throw new KronosError('interrupted/cancelled', 'reading the bundle was cancelled');
  if (refusal !== undefined) throw refusal;
  if (lock === undefined || lock === '') throw badBundle(bundle, 'it has no lock');
  return { lock, blobs };
}
