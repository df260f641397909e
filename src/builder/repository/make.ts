// kronos repo make: packages into a directory that any web server serves to apt and dnf.
import { join, resolve } from 'node:path';
import { digestFile } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { listFiles } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import { inspectAptArchive, type AptSuite } from './apt-archive.ts';
import { cleanSuites } from './clean-suites.ts';
import { exportKey, findSigningKey, KEYRING } from './key.ts';
import { makeApt } from './make-apt.ts';
import { makeYum } from './make-yum.ts';
import { USUAL_NAME, type MadeSuite, type MakeOptions, type Making } from './making.ts';
import { placeFiles } from './place.ts';
import { repositoryError } from './problems.ts';
import { withRepository } from './work.ts';
import { inspectYumArchive, type YumSuite } from './yum-archive.ts';

export interface MadeRepository {
  directory: string;
  /** Fingerprint. */
  key: string;
  /** sha256 of the keyring. */
  keyring: string;
  label: string;
  /** What was written. */
  suites: MadeSuite[];
  /** All suites that there are now. */
  all: { apt: string[]; yum: string[] };
  /** Files that were written, relative to the directory. */
  written: string[];
}

/**
 * Makes a repository, or puts packages into one that is there. What is there is checked first: nothing is signed anew
 * that is not as it was signed before.
 * Errors: `input/no-packages`, `input/package-differs`, `input/signing-key`, `host/busy`, `verification/bad-deb`,
 * `verification/bad-rpm`, `verification/signature`, `verification/missing-file`, `verification/changed-file`,
 * `dependency/tool-missing`, `io/disk-full`, `io/unusable-path`.
 */
export async function makeRepository(
  options: MakeOptions,
  progress: Progress,
  signal?: AbortSignal,
): Promise<MadeRepository> {
  const key = await findSigningKey(options.key, signal);
  const directory = resolve(options.directory);
  return withRepository(directory, async ({ out, scratch }) => {
    const making: Making = { options, key, out, scratch, progress, signal };
    await exportKey(key, out, signal);
    const former = await readFormer(directory, making);
    const suites = [...(await makeApt(former.apt, making)), ...(await makeYum(former.yum, making))];
    if (suites.length === 0) {
      throw new KronosError('input/no-packages', `there is no repository in ${directory} yet`, {
        hint: 'name the packages that it is to hold, or directories of them',
      });
    }
    warnOfFuture(suites, progress);
    progress.note('putting it in place');
    const made = await listFiles(out);
    const keyring = await digestFile(join(out, KEYRING));
    signal?.throwIfAborted();
    const written = await placeFiles(out, directory);
    await cleanSuites(directory, former, made, written);
    return {
      ...{ directory, key: key.fingerprint, keyring, suites, written },
      label: options.label ?? former.apt[0]?.label ?? USUAL_NAME,
      all: {
        apt: allSuites('apt', suites, former.apt),
        yum: allSuites('yum', suites, former.yum),
      },
    };
  });
}

interface Former {
  apt: AptSuite[];
  yum: YumSuite[];
}

async function readFormer(directory: string, making: Making): Promise<Former> {
  making.progress.note('checking what is there');
  const keyring = join(making.out, KEYRING);
  const options = { keyring, scratch: making.scratch, signal: making.signal };
  const apt = await inspectAptArchive(directory, options);
  const yum = await inspectYumArchive(directory, options);
  const failure = repositoryError([...apt.problems, ...yum.problems]);
  if (failure !== undefined) throw failure;
  return { apt: apt.suites, yum: yum.suites };
}

/** Those of this run first, because they are what the caller works on. */
function allSuites(
  kind: MadeSuite['kind'],
  made: readonly MadeSuite[],
  former: readonly { suite: string }[],
): string[] {
  const own = made.filter((one) => one.kind === kind);
  return [...new Set([...own, ...former].map(({ suite }) => suite))];
}

function warnOfFuture(suites: readonly MadeSuite[], progress: Progress): void {
  for (const { suite, date } of suites) {
    if (date * 1000 <= Date.now()) continue;
    const when = new Date(date * 1000).toISOString();
    progress.warn(`suite ${suite} is dated ${when}: clients refuse it until then`);
  }
}
