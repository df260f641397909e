// Reads a tree into entries: the ground truth of what a layer holds.
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { digestFileSync } from '../../common/digest.ts';
import type { Entry, EntryType } from './contents.ts';

/** An entry with what tells later whether its file changed, and what the installer compares a copy with. */
export interface ScannedEntry extends Entry {
  inode: number;
  changed: number;
  md5?: string;
}

export interface ScanOptions {
  /** Absolute paths that are not entered (mount points). */
  skip?: ReadonlySet<string>;
  /** An earlier scan of the same tree: files that were not touched since are not read again. */
  before?: ReadonlyMap<string, ScannedEntry>;
  /** Whether files that are read get an MD5 too. */
  md5?: boolean;
}

/**
 * All entries of a tree, the root first, sorted by path (code units).
 * Synchronous on purpose: one pass, no queue of open files.
 */
export function scanTree(root: string, options: ScanOptions = {}): ScannedEntry[] {
  const entries: ScannedEntry[] = [];
  const visit = (path: string): void => {
    const full = join(root, path);
    const stats = lstatSync(full);
    entries.push(describe(full, path, stats, options));
    if (!stats.isDirectory() || (options.skip?.has(path) ?? false)) return;
    for (const name of readdirSync(full)) visit(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  visit('/');
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function describe(full: string, path: string, stats: Stats, options: ScanOptions): ScannedEntry {
  const type = typeOf(stats);
  const entry: ScannedEntry = {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    inode: stats.ino,
    changed: stats.ctimeMs,
  };
  if (type === 'symlink') entry.target = readlinkSync(full);
  if (type !== 'file') return entry;
  entry.size = stats.size;
  const before = options.before?.get(path);
  const known =
    before?.inode === stats.ino && before.changed === stats.ctimeMs ? before.sha256 : undefined;
  const md5 = options.md5 === true ? createHash('md5') : undefined;
  entry.sha256 = known ?? digestFileSync(full, md5);
  if (known === undefined && md5 !== undefined) entry.md5 = md5.digest('hex');
  return entry;
}

/** What a path is, as `lstat` tells. */
export function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isCharacterDevice()) return 'character';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

/** The entry without what only a running scan needs. */
export function toEntry(scanned: ScannedEntry): Entry {
  const { inode: _inode, changed: _changed, md5: _md5, ...entry } = scanned;
  return entry;
}

/** Whether two entries describe the same thing. */
export function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.sha256 === b.sha256 &&
    a.target === b.target
  );
}
