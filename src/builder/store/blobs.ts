// The store of package files, by content: what is in it was checked when it came in, and its name says what it is.
import { chmod, copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { constants } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { digestFile, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists, listFiles } from '../../common/files.ts';
import { storageError } from '../../common/storage-error.ts';

/** What a blob must be, and what to call it in messages. */
export interface BlobIdentity {
  name: string;
  version: string;
  /** Bytes. */
  size: number;
  sha256: Sha256;
}

/** Milliseconds after which a part of a download is taken for left behind. */
const ABANDONED_AFTER = 3_600_000;

/** Blobs below `CACHE/blobs`. */
export class BlobStore {
  readonly directory: string;

  constructor(cache: string) {
    this.directory = resolve(cache, 'blobs');
  }

  /** Where the blob is or would be. */
  path(sha256: Sha256): string {
    return join(this.directory, sha256.slice(0, 2), sha256.slice(2));
  }

  async has(sha256: Sha256): Promise<boolean> {
    return exists(this.path(sha256));
  }

  /** A directory on the same file system for files that are not checked yet. */
  async incoming(): Promise<string> {
    const directory = join(this.directory, 'incoming');
    await mkdir(directory, { recursive: true });
    return directory;
  }

  /**
   * Checks a file and moves it into the store; a file that is not what it should be is removed.
   * Errors: `verification/blob-digest` naming the package, what was expected and what was found; `io/disk-full`.
   */
  async put(file: string, identity: BlobIdentity): Promise<void> {
    const { size } = await stat(file);
    const found = await digestFile(file);
    if (size !== identity.size || found !== identity.sha256) {
      await rm(file, { force: true });
      throw wrongBlob(identity, size, found);
    }
    const target = this.path(identity.sha256);
    try {
      await mkdir(dirname(target), { recursive: true });
      await chmod(file, 0o444);
      await rename(file, target);
    } catch (error) {
      throw storageError(`storing ${identity.name}`, error);
    }
  }

  /** The same for a file that stays where it is; blocks are shared where the file system can. */
  async putCopy(file: string, identity: BlobIdentity): Promise<void> {
    if (await this.has(identity.sha256)) return;
    const temporary = join(await this.incoming(), `copy-${randomBytes(6).toString('hex')}`);
    try {
      await copyFile(file, temporary, constants.COPYFILE_FICLONE);
      await this.put(temporary, identity);
    } catch (error) {
      await rm(temporary, { force: true });
      throw storageError(`storing ${identity.name}`, error);
    }
  }

  /** Marks a blob as used now, for `pruneBlobs`. */
  async touch(sha256: Sha256): Promise<void> {
    const now = new Date();
    // A store on a read-only medium is still good to read from.
    await utimes(this.path(sha256), now, now).catch(() => undefined);
  }
}

function wrongBlob(identity: BlobIdentity, size: number, found: Sha256): KronosError {
  const what = `${identity.name} ${identity.version}`;
  const message =
    size < identity.size
      ? `the file of package ${what} is cut short: ${size} of ${identity.size} bytes`
      : `the file of package ${what} is not the locked one: expected sha256 ${identity.sha256} and ${identity.size} bytes, found ${found} and ${size} bytes`;
  return new KronosError('verification/blob-digest', message, {
    hint: `the file was discarded; if the lock is right, use another mirror, else run: kronos lock --update ${identity.name}`,
    details: {
      package: identity.name,
      expected: identity.sha256,
      found,
      expectedSize: identity.size,
      foundSize: size,
    },
  });
}

/**
 * Removes blobs, least recently used first, until at most `limit` bytes are left; those in `keep` stay whatever they
 * take. Files of broken-off downloads go too. Returns bytes removed and left.
 */
export async function pruneBlobs(
  store: BlobStore,
  keep: ReadonlySet<Sha256>,
  limit: number,
): Promise<{ removed: number; left: number }> {
  const abandoned = Date.now() - ABANDONED_AFTER;
  const blobs: { path: string; size: number; used: number; kept: boolean }[] = [];
  if (await exists(store.directory)) {
    for (const shard of await readdir(store.directory)) {
      const directory = join(store.directory, shard);
      if (!(await stat(directory)).isDirectory()) continue;
      for (const name of await listFiles(directory)) {
        const path = join(directory, name);
        const { size, mtimeMs } = await stat(path);
        blobs.push({
          path,
          size, // A run that is under way writes to its parts all the time.
          used: shard === 'incoming' && mtimeMs < abandoned ? 0 : mtimeMs,
          kept: keep.has(shard + basename(name)),
        });
      }
    }
  }
  blobs.sort((a, b) => a.used - b.used);
  let left = blobs.reduce((sum, blob) => sum + blob.size, 0);
  let removed = 0;
  for (const blob of blobs) {
    if (blob.kept || (left <= limit && blob.used !== 0)) continue;
    await rm(blob.path, { force: true });
    left -= blob.size;
    removed += blob.size;
  }
  return { removed, left };
}
