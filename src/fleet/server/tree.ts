// The network boot tree, as it was when the server started: every file is open and its sha256 known. Requests are looked
// up by name and never become paths, so that nothing else of this machine can be asked for; and a build that replaces
// files beside us does not change what an address stands for.
import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, digestOf } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { FileFacts } from '../../common/file-answer.ts';
import { listFiles, statOrUndefined } from '../../common/files.ts';

export interface TreeFile extends FileFacts {
  handle: FileHandle;
}

export interface Tree {
  /** SHA-256 of names and contents: the same wherever and whenever the tree lies. */
  digest: string;
  /** By path below the tree: `layers/packages.squashfs`. */
  files: ReadonlyMap<string, TreeFile>;
  close: () => Promise<void>;
}

/** Without these no machine starts. */
const NEEDED = ['grub.0', 'grubx64.efi', 'boot.ipxe', 'grub/grub.cfg', 'initrd.img', 'vmlinuz'];

/** More is no boot tree, and every one of them is held open. */
const MOST_FILES = 1000;

/**
 * Opens the tree that `kronos build` made. Reads all of it once.
 * Errors: `input/boot-tree`, those of node:fs.
 */
export async function openTree(directory: string): Promise<Tree> {
  const hint = 'name the directory pxe that kronos build made, with --tree DIR';
  if ((await statOrUndefined(directory))?.isDirectory() !== true) {
    throw new KronosError('input/boot-tree', `there is no boot tree at ${directory}`, { hint });
  }
  const paths = await listFiles(directory);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0 || paths.length > MOST_FILES) {
    const why =
      missing.length > 0 ? `it has no ${missing.join(', ')}` : `it has ${paths.length} files`;
    throw new KronosError('input/boot-tree', `${directory} is no boot tree: ${why}`, { hint });
  }
  const files = new Map<string, TreeFile>();
  const close = async (): Promise<void> => {
    for (const { handle } of files.values()) await handle.close();
  };
  const lines: string[] = [];
  try {
    for (const name of paths) {
      const path = join(directory, name);
      // Opening something else than a file may wait for ever; links may lead out of the tree.
      if (!(await stat(path)).isFile()) continue;
      const handle = await open(path, 'r');
      const { size, mtime } = await handle.stat();
      const digest = await digestFile(path);
      files.set(name, { name, size, etag: `"${digest}"`, modified: mtime, handle });
      lines.push(`${digest}  ${name}\n`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { digest: digestOf(lines.join('')), files, close };
}
