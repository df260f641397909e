// One run at a time on a machine, whoever starts it.
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KronosError, systemCode } from '../common/error.ts';

/** Who runs. */
export interface LockHolder {
  pid: number;
  /** Where it was started: `tty1`, `unattended`. */
  terminal: string;
  /** When the process began, in clock ticks since the machine was started: numbers of processes come again. */
  began: string;
}

/** Tries that are made while others take the lock and let it go. */
const ATTEMPTS = 20;

/**
 * Takes the lock. Gives a function that lets it go, or who has it. The lock of a process that is gone counts for
 * nothing.
 * Errors: those of the file system.
 */
export async function takeLock(
  terminal: string,
  path: string,
): Promise<{ release: () => Promise<void> } | { holder: LockHolder }> {
  const { pid } = process;
  const own = `${path}.${pid}`;
  const text = `${JSON.stringify({ pid, terminal, began: (await beganAt(pid)) ?? '' })}\n`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(own, text, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        // Unlike an exclusive open this shows the file with its content or not at all.
        await link(own, path);
        return { release: () => rm(path, { force: true }) };
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      const found = await readLock(path);
      if (found.holder !== undefined) return { holder: found.holder };
      if (found.text !== undefined) await removeStale(path, found.text);
    }
    throw new KronosError('io/lock', `the lock ${path} could be neither taken nor read`, {
      hint: 'look whether another run is under way; remove the file if not',
    });
  } finally {
    await rm(own, { force: true });
  }
}

/** Who has the lock now; undefined: nobody who is still there. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  return (await readLock(path)).holder;
}

/** `holder` where the process is alive; `text` where there is a file. */
async function readLock(path: string): Promise<{ text?: string; holder?: LockHolder }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw error;
  }
  try {
    const holder = JSON.parse(text) as LockHolder;
    return (await beganAt(holder.pid)) === holder.began ? { text, holder } : { text };
  } catch {
    return { text };
  }
}

/**
 * Removes a lock that was found to be stale. Between the look and the removal another process may have done the same and
 * taken the lock: then what was moved away is its lock, and it is put back.
 */
async function removeStale(path: string, text: string): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== text) await link(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Undefined where there is no such process. */
async function beganAt(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold blanks and brackets; 22 fields in all up to the time.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
