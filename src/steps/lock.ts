// One run at a time on a machine, whoever starts it.
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError, systemCode } from '../common/error.ts';
import { processStart } from '../common/process-start.ts';
import { run } from '../common/process.ts';

/** Who runs. */
export interface LockHolder {
  pid: number;
  /** Where it was started: `tty1`, `unattended`. */
  terminal: string;
  /** When the process began, in clock ticks since the machine was started: numbers of processes come again. */
  began: string;
}

/** Tries that are made while others take the lock and let it go. */
const ATTEMPTS = 50;
/** Between two tries. */
const PAUSE_MILLISECONDS = 20;

/**
 * Takes the lock. Gives a function that lets it go, or who has it. The lock of a process that is gone counts for
 * nothing.
 *
 * The kernel decides (flock(2), by the program `flock`, for Node cannot): it ends a lock with its process, so that no
 * stale one is ever to be removed, which cannot be done without a moment in which two believe that they have it. What
 * the file says is only for people.
 * Errors: `io/lock`; those of the file system and of `flock`.
 */
export async function takeLock(
  terminal: string,
  path: string,
): Promise<{ release: () => Promise<void> } | { holder: LockHolder }> {
  const { pid } = process;
  const text = `${JSON.stringify({ pid, terminal, began: (await processStart(pid)) ?? '' })}\n`;
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const descriptor = await openLocked(path, text);
    if (descriptor !== undefined) {
      return {
        release: async () => {
          // In this order: whoever waits for the lock of this file sees then that it is no longer the one at the path.
          await rm(path, { force: true });
          closeSync(descriptor);
        },
      };
    }
    // Nobody: it was let go in between, or whoever has it has not written yet.
    const holder = await lockHolder(path);
    if (holder !== undefined) return { holder };
    await sleep(PAUSE_MILLISECONDS);
  }
  throw new KronosError('io/lock', `the lock ${path} could be neither taken nor read`, {
    hint: `see who has it: fuser -v ${path}`,
  });
}

/** The locked file at the path, with the text in it; undefined where another has the lock, or took the file away. */
async function openLocked(path: string, text: string): Promise<number | undefined> {
  // A number, no FileHandle: that would be closed, and the lock gone, when nobody refers to it any more.
  const descriptor = openSync(path, 'a', 0o644);
  let ours = false;
  try {
    // The lock belongs to the open file, which the program shares with us: it stays when the program ends.
    const argv = ['flock', '--exclusive', '--nonblock', '0'];
    const { exitCode } = await run(argv, { inputDescriptor: descriptor, accept: [0, 1] });
    if (exitCode !== 0 || !(await isAt(descriptor, path))) return undefined;
    ftruncateSync(descriptor);
    writeSync(descriptor, text);
    ours = true;
    return descriptor;
  } finally {
    if (!ours) closeSync(descriptor);
  }
}

/** Whether the open file is still what stands at the path. */
async function isAt(descriptor: number, path: string): Promise<boolean> {
  const open = fstatSync(descriptor);
  try {
    const found = await stat(path);
    return found.dev === open.dev && found.ino === open.ino;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Who has the lock now; undefined: nobody who is still there. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const holder = JSON.parse(text) as LockHolder;
    return (await processStart(holder.pid)) === holder.began ? holder : undefined;
  } catch {
    return undefined;
  }
}
