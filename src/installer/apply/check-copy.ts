// What was written, looked at again from the disk itself.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { finishAll } from '../../common/finish-all.ts';
import { FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import type { Step } from '../../steps/run.ts';
import type { InstallContext } from './context.ts';
import { mountRoot } from './copy.ts';

/** Where the build wrote what every file of the host's layers should be, for md5sum. */
const DIGESTS = '/usr/lib/kronos/digests';

/** A link to the initrd of the kernel. */
const INITRD = '/initrd.img';

/** Processes beyond this wait for the disk anyway. */
const MOST_PROCESSES = 4;

/** Exit code of md5sum: something is not what it should be. */
const DIFFERS = 1;

export const checkCopyStep: Step<InstallContext> = {
  name: 'check-copy',
  title: 'Reading back what was written',
  weight: 8,
  apply: async ({ plan, target, initrd }, progress) => {
    const lists = parseCheckLists(await readFile(DIGESTS, 'utf8'));
    // What failed in the background is told to whoever asks the file system, and to nobody else.
    await run(['sync', '--file-system', target]);
    // Mounted anew, so that memory is not compared with itself.
    await run(['umount', target]);
    await mountRoot(plan, target);
    const [wrong, isKept] = await finishAll([
      findDifferences(target, lists, progress.bytes),
      isInitrdKept(target, initrd),
    ]);
    if (!isKept) wrong.push(INITRD);
    if (wrong.length === 0) return;
    throw new KronosError(
      'verification/copy-differs',
      `${wrong.length} files on the disk are not what was written, the first is ${wrong[0] ?? ''}`,
      { hint: 'the disk, its cable or its controller is failing: look at it with smartctl -a' },
    );
  },
};

/** The initrd comes from the medium, not out of a layer. */
async function isInitrdKept(target: string, initrd: InstallContext['initrd']): Promise<boolean> {
  if (initrd === undefined) return true;
  const found = await readFile(join(target, INITRD)).catch(() => undefined);
  return found?.equals(await initrd) ?? false;
}

/** Files that one process compares. */
export interface CheckList {
  /** Of all files together. */
  bytes: number;
  /** What md5sum reads. */
  lines: string;
}

/** The groups of the file that the build wrote: each begins with a comment, its bytes. */
export function parseCheckLists(text: string): CheckList[] {
  return text
    .split(/^# /m)
    .slice(1)
    .map((group) => {
      const end = group.indexOf('\n');
      return { bytes: Number(group.slice(0, end)), lines: group.slice(end + 1) };
    });
}

/**
 * The files below `directory` that are not what the lists say, or cannot be read, by path. `onBytes` is told how far it is.
 * Errors: those of md5sum where it could not compare at all.
 */
export async function findDifferences(
  directory: string,
  lists: readonly CheckList[],
  onBytes: (done: number, total: number) => void = () => undefined,
): Promise<string[]> {
  const total = lists.reduce((sum, { bytes }) => sum + bytes, 0);
  const wrong: string[] = [];
  let done = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let list = lists[next++]; list !== undefined; list = lists[next++]) {
      wrong.push(...(await differencesIn(directory, list)));
      done += list.bytes;
      onBytes(done, total);
    }
  };
  const processes = Math.min(availableParallelism(), MOST_PROCESSES);
  await finishAll(Array.from({ length: processes }, work));
  return wrong.sort();
}

async function differencesIn(directory: string, { lines }: CheckList): Promise<string[]> {
  const { stdout, stderr, exitCode } = await run(['md5sum', '--check', '--quiet', '--strict'], {
    ...{ cwd: directory, input: lines, accept: [0, DIFFERS] },
    ...{ environment: FIXED_ENVIRONMENT, extendEnvironment: true },
  });
  const wrong = [...stdout.matchAll(/^\\?(.*): FAILED(?: open or read)?$/gm)].map(([, path = '']) =>
    join('/', path),
  );
  if (exitCode === DIFFERS && wrong.length === 0)
    throw new TypeError(`the list of files is not one of md5sum: ${stderr}`);
  return wrong;
}
