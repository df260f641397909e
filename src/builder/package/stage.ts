// The tree of a package, written so that nothing of the machine shows in it: modes, times and compression are ours.
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { listFiles } from '../../common/files.ts';
import type { PackageFile } from './definition.ts';

const compress = promisify(gzip);

/** Writes files below `root`, which must not be there yet. Errors: those of node:fs. */
export async function stageFiles(root: string, files: readonly PackageFile[]): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const { path, mode, text, source, gzip: packed } of files) {
    const full = join(root, path);
    await mkdir(dirname(full), { recursive: true });
    if (packed === true)
      await writeFile(full, await compress(await contentOf(text, source), { level: 9 }));
    else if (text !== undefined) await writeFile(full, text);
    else await copyFile(source ?? '', full);
    await chmod(full, mode);
  }
}

function contentOf(text: string | undefined, source: string | undefined): Promise<Buffer> {
  return text === undefined ? readFile(source ?? '') : Promise.resolve(Buffer.from(text));
}

/** Gives every directory below `root` the mode 0755, whatever the umask, and everything the same time (seconds). */
export async function settleTree(root: string, epoch: number): Promise<void> {
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) await settleTree(path, epoch);
    else await utimes(path, epoch, epoch);
  }
  await chmod(root, 0o755);
  await utimes(root, epoch, epoch);
}

/** KiB that the tree takes, counted as Debian counts: whole KiB of every file, one for every directory. */
export async function installedSize(root: string): Promise<number> {
  const directories = new Set<string>();
  let size = 0;
  for (const path of await listFiles(root)) {
    size += Math.ceil((await stat(join(root, path))).size / 1024);
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent))
      directories.add(parent);
  }
  return size + directories.size + 1;
}
