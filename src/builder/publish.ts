// From the cache to where the person wants it: only what changed is copied, only what was ours is removed.
import { mkdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyFileAtomic, LARGE_FILE, listFiles, writeFileAtomic } from '../common/files.ts';
import { storageError } from '../common/storage-error.ts';
import { makeWorkDirectory, removeStaleWork } from './step/work.ts';

/** Remembers what was published, so that an unchanged release costs nothing and foreign files are left alone. */
const RECORD = '.kronos-release.json';

/** Where copies wait until all are there; a build that was killed may leave one. */
const INCOMING = '.kronos-incoming';

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
 * a file that somebody changed since (a host file embedded into the ISO) is written again. Nothing is in its place
 * before all copies are made, so that a full disk leaves the earlier release as it was, or nothing.
 * Returns the number of files that were copied. Errors: `io/disk-full`, `io/unusable-path`, those of node:fs.
 */
export async function publishRelease(
  release: string,
  out: string,
  ahead?: CopiesAhead,
): Promise<number> {
  try {
    return await publish(release, out, await ahead?.copies);
  } catch (error) {
    throw storageError(`writing to ${out}`, error);
  }
}

/** Copies that wait beside `out`. */
interface Copies {
  directory: string;
  /** Identity in the cache, by path. */
  made: ReadonlyMap<string, string>;
}

/** Copies that are made while the release is not whole yet. */
export interface CopiesAhead {
  /** Undefined where there is nothing to copy, or copying failed: publishing tries again and tells. */
  copies: Promise<Copies | undefined>;
  /** Removes what was not published. */
  discard: () => Promise<void>;
}

/** Begins to copy the large files of `parts`, directories whose files the release will hold under the same paths. */
export function copyAhead(parts: readonly string[], out: string): CopiesAhead {
  const copies = copyLarge(parts, out).catch(() => undefined);
  return { copies, discard: async () => removeCopies(out, (await copies)?.directory) };
}

async function copyLarge(parts: readonly string[], out: string): Promise<Copies | undefined> {
  const before = await readRecord(out);
  const wanted: { part: string; path: string; from: string }[] = [];
  for (const part of parts) {
    for (const { path, from } of (await findChanges(part, out, before)).changed) {
      if ((await stat(join(part, path))).size >= LARGE_FILE) wanted.push({ part, path, from });
    }
  }
  if (wanted.length === 0) return undefined;
  const directory = await makeIncoming(out);
  try {
    for (const { part, path } of wanted)
      await copyFileAtomic(join(part, path), join(directory, path));
  } catch (error) {
    await removeCopies(out, directory);
    throw error;
  }
  return { directory, made: new Map(wanted.map(({ path, from }) => [path, from])) };
}

/** Files of `directory` that `out` does not hold, and what is known of those that it does. */
async function findChanges(directory: string, out: string, before: PublishRecord) {
  const same: PublishRecord = {};
  const changed: { path: string; from: string }[] = [];
  for (const path of await releaseNames(directory)) {
    const from = await identify(join(directory, path));
    const known = before[path];
    const copy = await identify(join(out, path)).catch(() => undefined);
    if (known?.from === from && known.copy === copy) same[path] = known;
    else changed.push({ path, from });
  }
  return { same, changed };
}

async function makeIncoming(out: string): Promise<string> {
  const parent = join(out, INCOMING);
  await removeStaleWork(parent);
  return makeWorkDirectory(parent);
}

async function removeCopies(out: string, directory: string | undefined): Promise<void> {
  if (directory === undefined) return;
  await rm(directory, { recursive: true, force: true });
  // Another build may be at work in it; `out` itself may be ours alone.
  for (const parent of [join(out, INCOMING), out]) await rmdir(parent).catch(() => undefined);
}

async function publish(release: string, out: string, ahead?: Copies): Promise<number> {
  const before = await readRecord(out);
  const { same: after, changed } = await findChanges(release, out, before);
  const kept = new Set([...Object.keys(after), ...changed.map(({ path }) => path)]);
  const gone = Object.keys(before).filter((path) => !kept.has(path));
  if (changed.length === 0 && gone.length === 0) return 0;

  const incoming = ahead?.directory ?? (await makeIncoming(out));
  try {
    for (const { path, from } of changed) {
      if (ahead?.made.get(path) === from) continue;
      await copyFileAtomic(join(release, path), join(incoming, path));
    }
    for (const { path, from } of changed) {
      const target = join(out, path);
      await mkdir(dirname(target), { recursive: true });
      await rename(join(incoming, path), target);
      after[path] = { from, copy: await identify(target) };
    }
  } finally {
    await removeCopies(out, incoming);
  }
  for (const path of gone) await rm(join(out, path), { force: true });
  await writeFileAtomic(join(out, RECORD), `${JSON.stringify(after)}\n`);
  return changed.length;
}
