// The programs that make artefacts come from the lock too: unpacked, never installed, run through their own loader, so
// that the bits do not depend on what the building machine has.
import { join } from 'node:path';
import { endWithParent } from '../common/process.ts';
import { clockEnvironment, clockLibrary, clockShift } from './clock.ts';

const AMD64 = {
  loader: 'usr/lib64/ld-linux-x86-64.so.2',
  libraries: 'usr/lib/x86_64-linux-gnu',
};

const LOADERS: Readonly<Record<string, typeof AMD64>> = {
  x64: AMD64,
  arm64: { loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' },
};

/** Programs that live in sbin. */
const SBIN = new Set(['mkfs.vfat', 'mkfs.fat', 'sgdisk', 'mke2fs']);

/**
 * The argument array that runs `name` from an unpacked tools tree.
 * `root` is the directory that the `tools` step left (its `root` sub-directory).
 */
export function toolCommand(root: string, name: string, args: readonly string[]): string[] {
  const { loader, libraries } = LOADERS[process.arch] ?? AMD64;
  const days = clockShift();
  const clock =
    days === undefined
      ? { before: [], loader: [] }
      : {
          before: [
            'env',
            ...Object.entries(clockEnvironment(days)).map(([key, value]) => `${key}=${value}`),
          ],
          loader: ['--preload', clockLibrary(root)],
        };
  return endWithParent([
    ...clock.before,
    join(root, loader),
    ...clock.loader,
    ...['--library-path', join(root, libraries)],
    join(root, SBIN.has(name) ? 'usr/sbin' : 'usr/bin', name),
    ...args,
  ]);
}
