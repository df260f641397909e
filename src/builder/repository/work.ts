// One run at a time in a repository, with a directory of its own for what is not finished.
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { storageError } from '../../common/storage-error.ts';
import { takeLock } from '../../steps/lock.ts';
import { makeWorkDirectory, removeStaleWork } from '../step/work.ts';
import { makeReadable } from './place.ts';

/** On the file system of the repository, so that finished files are moved into place. */
const INCOMING = '.kronos-incoming';
const LOCK = '.kronos-lock';

export interface RepositoryWork {
  /** What is to be moved into the repository, under the same paths. */
  out: string;
  scratch: string;
}

/**
 * Runs `work` while nobody else works in the repository, and removes what is left of it and of runs that were killed.
 * Errors: `host/busy`, `io/disk-full`, `io/unusable-path`.
 */
export async function withRepository<T>(
  directory: string,
  work: (place: RepositoryWork) => Promise<T>,
): Promise<T> {
  const incoming = join(directory, INCOMING);
  try {
    await makeReadable(directory);
    const lock = await takeLock('kronos repo', join(directory, LOCK));
    if ('holder' in lock) {
      throw new KronosError('host/busy', `process ${lock.holder.pid} is working in ${directory}`, {
        hint: 'wait until it has ended',
      });
    }
    try {
      await removeStaleWork(incoming);
      const own = await makeWorkDirectory(incoming);
      try {
        const place = { out: join(own, 'out'), scratch: join(own, 'scratch') };
        for (const path of Object.values(place)) await mkdir(path, { mode: 0o755 });
        return await work(place);
      } finally {
        await rm(own, { recursive: true, force: true });
        await rmdir(incoming).catch(() => undefined);
      }
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw storageError(`writing to ${directory}`, error);
  }
}
