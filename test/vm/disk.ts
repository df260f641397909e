import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes; the small layout with one slot. */
export const DISK_SIZE = 10 * 1024 ** 3;

/** An empty disk in a file that takes no room until it is written. */
export async function makeDisk(directory: string, name: string, size = DISK_SIZE): Promise<string> {
  const path = join(directory, `${name}.raw`);
  await writeFile(path, '');
  await truncate(path, size);
  return path;
}
