// The programs that make artefacts come from the lock too: unpacked, never installed, run through their own loader, so
// that the bits do not depend on what the building machine has.
import { join } from 'node:path';

const LOADERS: Readonly<Record<string, { loader: string; libraries: string }>> = {
  x64: { loader: 'usr/lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu' },
  arm64: { loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' },
};

/** Programs that live in sbin. */
const SBIN = new Set(['mkfs.vfat', 'mkfs.fat', 'sgdisk', 'mke2fs']);

/**
 * The argument array that runs `name` from an unpacked tools tree.
 * `root` is the directory that the `tools` step left (its `root` sub-directory).
 */
export function toolCommand(root: string, name: string, args: readonly string[]): string[] {
  const { loader, libraries } = LOADERS[process.arch] ?? (LOADERS['x64'] as { loader: string; libraries: string });
  return [
    join(root, loader),
    '--library-path',
    join(root, libraries),
    join(root, SBIN.has(name) ? 'usr/sbin' : 'usr/bin', name),
    ...args,
  ];
}
