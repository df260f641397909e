// File work that must not leave halves behind.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { KronosError, systemCode } from './error.ts';
import { CommandError, endWithParent, run } from './process.ts';

/** Whether a path exists (dangling symbolic links do not count). */
export async function exists(path: string): Promise<boolean> {
  return (await statOrUndefined(path)) !== undefined;
}

/** `stat`, or undefined where nothing is there. Other errors are thrown. */
export async function statOrUndefined(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The text of a file, or undefined where nothing is there. */
export async function readTextOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Writes a file so that readers see the old or the new content, never a part: temporary name, fsync, rename. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(data);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Copies a file, sharing blocks where the file system can; the target appears whole or not at all. */
export async function copyFileAtomic(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await copyContent(source, temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** From here on (bytes) finding memory for a copy that nobody reads at once takes longer than writing it to the disk. */
export const LARGE_FILE = 16 * 1024 * 1024;

async function copyContent(source: string, target: string): Promise<void> {
  const { size, mode } = await stat(source);
  if (size >= LARGE_FILE) {
    try {
      await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE);
      return;
    } catch {
      // Few file systems share blocks.
    }
    try {
      const places = [`if=${source}`, `of=${target}`];
      await run(endWithParent(['dd', ...places, 'bs=4M', 'oflag=direct', 'status=none']));
      await chmod(target, mode & 0o7777);
      return;
    } catch (error) {
      // Some file systems want to have everything in memory; what else was wrong comes out below.
      if (!(error instanceof CommandError)) throw error;
    }
  }
  await copyFile(source, target, constants.COPYFILE_FICLONE);
}

/** Gives a file of the cache a second name; where the file system refuses, a copy. Neither may be written to afterwards. */
export async function linkFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await link(source, target);
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error;
    await copyFileAtomic(source, target);
  }
}

/** Runs `work` with a fresh directory below `parent` and removes it afterwards, also on failure. */
export async function withTemporaryDirectory<T>(
  parent: string,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, 'tmp-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** All files below a directory as sorted relative paths with `/`; symbolic links are listed, not followed. */
export async function listFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (current: string): Promise<void> => {
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) await visit(path);
      else found.push(relative(directory, path).split(sep).join('/'));
    }
  };
  await visit(directory);
  return found.sort();
}

/**
 * Joins a user's relative path to a directory and refuses what leads out of it, through `..`, an absolute path or a
 * symbolic link. Errors: `input/path-escapes`.
 */
export async function resolveInside(directory: string, path: string): Promise<string> {
  const base = resolve(directory);
  const full = resolve(base, path);
  if (full !== base && !full.startsWith(base + sep)) {
    throw new KronosError(
      'input/path-escapes',
      `${JSON.stringify(path)} leads out of ${directory}`,
      {
        hint: 'name a file below the directory of the recipe',
      },
    );
  }
  // Every part on the way is looked at: a link anywhere could lead out.
  let current = base;
  for (const part of relative(base, full).split(sep)) {
    if (part === '') continue;
    current = join(current, part);
    try {
      if ((await lstat(current)).isSymbolicLink()) {
        throw new KronosError(
          'input/path-escapes',
          `${JSON.stringify(path)} passes through the symbolic link ${current}`,
          {
            hint: 'recipes hold plain files; copy the file in place of the link',
          },
        );
      }
    } catch (error) {
      if (systemCode(error) === 'ENOENT') break;
      throw error;
    }
  }
  return full;
}
