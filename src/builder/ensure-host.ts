// Makes this machine able to build: root installs what is missing, an ordinary user is told what to install.
import { KronosError } from '../common/error.ts';
import { run } from '../common/process.ts';
import { observeStep, type BuildObserver } from '../common/progress.ts';
import {
  BUILD_PROGRAMS,
  findMissing,
  packagesOf,
  USER_PROGRAMS,
  type HostProgram,
} from './host-programs.ts';

export interface EnsureHostOptions {
  observer: BuildObserver;
  signal: AbortSignal;
  /** What is needed; default is what a build needs for the user who runs it. */
  programs?: readonly HostProgram[];
  /** True where the network must not be used: nothing is installed then. */
  offline?: boolean | undefined;
}

/**
 * Sees to it that the programs are there. As root, missing ones are installed with apt-get in one announced step.
 *
 * Errors: `dependency/tool-missing` naming the packages, `io/install-failed` where apt-get could not install them.
 */
export async function ensureHost(options: EnsureHostOptions): Promise<void> {
  const root = process.getuid?.() === 0;
  const wanted =
    options.programs ?? (root ? BUILD_PROGRAMS : [...BUILD_PROGRAMS, ...USER_PROGRAMS]);
  const missing = await findMissing(wanted);
  if (missing.length === 0) return;
  const packages = packagesOf(missing);
  const names = missing.map((program) => program.name).join(', ');
  if (!root || options.offline === true || missing.some((program) => program.name === 'apt-get')) {
    throw new KronosError('dependency/tool-missing', `this machine lacks ${names}`, {
      hint: `as root: apt-get install ${packages.join(' ')}`,
    });
  }
  await observeStep(
    options.observer,
    'host',
    `Install ${packages.join(', ')} on this machine`,
    () => installPackages(packages, options.signal),
  );
}

/**
 * Installs Debian packages on this machine without asking anything, refreshing the indices where that is needed.
 * Errors: `io/install-failed`.
 */
export async function installPackages(
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const options = { environment, extendEnvironment: true, signal };
  const install = [
    'apt-get',
    'install',
    '--yes',
    '--quiet',
    '--no-install-recommends',
    ...packages,
  ];
  try {
    await run(install, options);
  } catch {
    // Images of machines often come without indices, or with indices of last year.
    try {
      await run(['apt-get', 'update', '--quiet'], options);
      await run(install, options);
    } catch (error) {
      throw new KronosError(
        'io/install-failed',
        `apt-get could not install ${packages.join(' ')}`,
        {
          hint: 'install them by hand, then run the command again',
          cause: error,
        },
      );
    }
  }
}
