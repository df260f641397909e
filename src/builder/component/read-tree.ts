// Reads a file tree as an install step leaves it (DESTDIR). Nothing is followed and nothing is opened.
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { typeOf } from '../image/scan.ts';
import type { TreeEntry } from './entry.ts';

/** All entries below a directory, in no particular order; the directory itself is none. `from` is what they are called. */
export function readTree(root: string, from: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const visit = (directory: string): void => {
    for (const name of readdirSync(join(root, directory))) {
      const path = `${directory}/${name}`;
      const file = join(root, path);
      const stats = lstatSync(file);
      const type = typeOf(stats);
      entries.push({
        path,
        type,
        mode: stats.mode & 0o7777,
        size: type === 'file' ? stats.size : 0,
        modified: Math.floor(stats.mtimeMs / 1000),
        target: type === 'symlink' ? readlinkSync(file) : undefined,
        file: type === 'file' ? file : undefined,
        from,
      });
      if (type === 'directory') visit(path);
    }
  };
  visit('');
  return entries;
}
