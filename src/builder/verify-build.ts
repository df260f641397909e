// `kronos build --verify`: the same lock built twice from nothing, under circumstances as different as one machine can
// make them, and compared byte by byte.
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { exists, listFiles } from '../common/files.ts';
import { digestFile, type Sha256 } from '../common/digest.ts';
import { CommandError, run } from '../common/process.ts';
import { observeStep, type BuildObserver } from '../common/progress.ts';
import { CLOCK_SHIFT_VARIABLE } from './clock.ts';
import { findFirstDifference } from './manifest/first-difference.ts';
import { releaseNames } from './publish.ts';

export interface VerifyBuildOptions {
  /** Arguments of `kronos build` without --verify, --out and --cache. */
  arguments: readonly string[];
  cache: string;
  /** Account for the second build; found or made for the time of the run when not given. Only as root. */
  user?: string | undefined;
  observer: BuildObserver;
  signal: AbortSignal;
}

/** Under what a build ran, for the report. */
export interface Circumstances {
  user: string;
  directory: string;
  umask: string;
  timeZone: string;
  locale: string;
  processors: number;
  /** Days by which the clock was off. */
  clock: number;
}

export interface VerifyBuildResult {
  builds: readonly Circumstances[];
  /** Every file of the release with its one digest. */
  files: readonly { path: string; sha256: Sha256 }[];
}

/** The account that is made when root has no ordinary user at hand, and removed afterwards. */
const TEMPORARY_USER = 'kronos-verify';

/**
 * Builds twice and compares. Both builds start with the packages in place and nothing else.
 * Errors: `verification/not-reproducible` naming the first differing path; those of the builds.
 */
export async function verifyBuild(options: VerifyBuildOptions): Promise<VerifyBuildResult> {
  const { observer, signal } = options;
  const root = process.getuid?.() === 0;
  const account = root ? await findAccount(options.user) : undefined;
  const work = await mkdtemp(join('/var/tmp', 'kronos-verify-'));
  try {
    if (account?.temporary === true) await run(['useradd', '--create-home', TEMPORARY_USER]);
    await chmod(work, 0o755);
    const me = root ? 'root' : (process.env['USER'] ?? String(process.getuid?.()));
    const plain: Circumstances = {
      ...{ user: me, directory: join(work, 'first'), umask: '022', timeZone: 'UTC', locale: 'C' },
      ...{ processors: availableParallelism(), clock: 0 },
    };
    const odd: Circumstances = {
      ...{ user: account?.name ?? me, directory: join(work, 'a second place'), umask: '077' },
      ...{ timeZone: 'Pacific/Kiritimati', locale: 'tr_TR.UTF-8', processors: 1, clock: 400 },
    };
    const results: string[] = [];
    for (const [index, circumstances] of [plain, odd].entries()) {
      const title = `Build ${index + 1} of 2 as ${circumstances.user}`;
      await observeStep(observer, `build-${index + 1}`, title, async (progress) => {
        results.push(await buildUnder(circumstances, options, progress.note, signal));
      });
    }
    const [a = '', b = ''] = results;
    await observeStep(observer, 'compare', 'Compare byte by byte', () => compare(a, b));
    const files = await Promise.all(
      (await releaseNames(a)).map(async (path) => ({
        path,
        sha256: await digestFile(join(a, path)),
      })),
    );
    return { builds: [plain, odd], files };
  } finally {
    if (account?.temporary === true) {
      await run(['userdel', '--force', '--remove', TEMPORARY_USER], { accept: [0, 6, 8, 12] });
    }
    await rm(work, { recursive: true, force: true });
  }
}

async function compare(a: string, b: string): Promise<void> {
  const difference = await findFirstDifference(a, b);
  if (difference === undefined) return;
  const { path, files } = difference;
  throw new KronosError(
    'verification/not-reproducible',
    `the two builds differ, first in ${path}: ${difference.a} against ${difference.b}`,
    {
      hint: `${files.length} files differ, mend what makes the first: ${files.join(', ')}`,
      details: { path, files },
    },
  );
}

/** An ordinary account with subordinate ids, or the name of one to be made. */
async function findAccount(wanted?: string): Promise<{ name: string; temporary: boolean }> {
  const text = await readFile('/etc/subuid', 'utf8').catch(() => '');
  const names = text.split('\n').flatMap((line) => {
    const [name, , count] = line.split(':');
    return name !== undefined && Number(count) >= 65536 ? [name] : [];
  });
  if (wanted !== undefined) {
    if (names.includes(wanted)) return { name: wanted, temporary: false };
    throw new KronosError('input/verify-user', `${wanted} has no subordinate ids on this machine`, {
      hint: `give it some: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${wanted}`,
    });
  }
  const accounts = await readFile('/etc/passwd', 'utf8');
  const usable = names.find((name) => accounts.includes(`\n${name}:`) && name !== TEMPORARY_USER);
  return usable === undefined
    ? { name: TEMPORARY_USER, temporary: true }
    : { name: usable, temporary: false };
}

/** Runs one build and gives its release directory. */
async function buildUnder(
  circumstances: Circumstances,
  options: VerifyBuildOptions,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { directory, user } = circumstances;
  const cache = join(directory, 'cache');
  const out = join(directory, 'out');
  note('copying the packages');
  await mkdir(cache, { recursive: true });
  const blobs = join(options.cache, 'blobs');
  if (await exists(blobs)) await cp(blobs, join(cache, 'blobs'), { recursive: true });
  const switched = process.getuid?.() === 0 && user !== 'root';
  if (switched) await giveAway(directory, user);
  const program = join(import.meta.dirname, '../cli/main.js');
  const build = [process.execPath, program, 'build', ...options.arguments];
  const argv = [
    ...(switched ? ['setpriv', '--reuid', user, '--regid', user, '--init-groups', '--'] : []),
    ...(circumstances.processors === 1 ? ['taskset', '--cpu-list', '0'] : []),
    // The only way to set a umask is a shell; what it runs comes as arguments.
    ...['sh', '-c', 'umask "$1"; shift; exec "$@"', 'sh', circumstances.umask],
    ...[...build, '--cache', cache, '--out', out],
  ];
  try {
    await run(argv, {
      cwd: directory,
      signal,
      environment: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: directory,
        USER: user,
        TZ: circumstances.timeZone,
        LC_ALL: circumstances.locale,
        ...(circumstances.clock === 0
          ? {}
          : { [CLOCK_SHIFT_VARIABLE]: String(circumstances.clock) }),
      },
      onLine: note,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError(
      'verification/build-failed',
      `the build as ${user} failed:\n    ${error.stderr.trim()}`,
      {
        hint: 'what the build says is above; it ran with a cache of its own',
      },
    );
  }
  const [release] = (await listFiles(out)).map((path) => path.split('/')[0]);
  return join(out, release ?? '');
}

/** Hands a tree over to an account. */
async function giveAway(directory: string, user: string): Promise<void> {
  const { stdout } = await run(['id', '-u', user]);
  const group = (await run(['id', '-g', user])).stdout;
  await chown(directory, Number(stdout), Number(group));
  await run(['chown', '--recursive', `${stdout}:${group}`, directory]);
}
