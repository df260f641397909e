// From the cache to where the person wants it: only what changed is copied, only what was ours is removed.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFileAtomic, listFiles, writeFileAtomic } from '../common/files.ts';
import { diskError } from './store/blobs.ts';

/** Remembers what was published, so that an unchanged release costs nothing and foreign files are left alone. */
const RECORD = '.kronos-release.json';

interface PublishedFile {
  /** Identity of the file in the cache: inode, size and time of change. */
  from: string;
  /** Identity of the copy when it was made. */
  copy: string;
}

type PublishRecord = Record<string, PublishedFile>;

async function identify(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino}:${size}:${mtimeMs}`;
}

async function readRecord(out: string): Promise<PublishRecord> {
  try {
    return JSON.parse(await readFile(join(out, RECORD), 'utf8')) as PublishRecord;
  } catch {
    // Never published here, or the record is damaged: everything is copied again.
    return {};
  }
}

/** The files of a release directory, published or in the cache, sorted; our own records are left out. */
export async function releaseNames(directory: string): Promise<string[]> {
  return (await listFiles(directory)).filter((path) => !path.startsWith('.'));
}

/**
 * Copies a release directory to `out`. Files that an earlier build put there and this one does not have are removed;
 * a file that somebody changed since (a host file embedded into the ISO) is written again.
 * Returns the number of files that were copied. Errors: `io/disk-full`, those of node:fs.
 */
export async function publishRelease(release: string, out: string): Promise<number> {
  const before = await readRecord(out);
  const after: PublishRecord = {};
  let copied = 0;
  for (const path of await releaseNames(release)) {
    const target = join(out, path);
    const from = await identify(join(release, path));
    const known = before[path];
    const unchanged =
      known?.from === from && known.copy === (await identify(target).catch(() => undefined));
    if (!unchanged) {
      try {
        await copyFileAtomic(join(release, path), target);
      } catch (error) {
        throw diskError(`writing ${target}`, error);
      }
      copied += 1;
    }
    after[path] = { from, copy: await identify(target) };
  }
  const gone = Object.keys(before).filter((path) => !(path in after));
  for (const path of gone) await rm(join(out, path), { force: true });
  if (copied > 0 || gone.length > 0) {
    await writeFileAtomic(join(out, RECORD), `${JSON.stringify(after)}\n`);
  }
  return copied;
}
