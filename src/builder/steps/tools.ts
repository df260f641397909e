// Step `tools`: the programs that make artefacts, unpacked from the lock.
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockedPackage } from '../lock/lock.ts';
import { requireIntact } from '../packages/intact.ts';
import { extractArchives } from '../packages/unpack.ts';
import type { Step } from '../step/step.ts';

/** What people read; most of the files of small packages. */
const UNREAD = ['doc', 'info', 'lintian', 'locale', 'man'].map(
  (name) => `--exclude=./usr/share/${name}/*`,
);

/** The step for the lock's layer `tools`; its output holds the tree under `root`. */
export function toolsStep(
  packages: readonly LockedPackage[],
  blobFile: (sha256: string) => string,
): Step {
  const tools = packages.filter((entry) => entry.layer === 'tools');
  return {
    name: 'tools',
    title: 'Unpack the tools',
    module: import.meta.url,
    inputs: { 'lock: tools': tools.map((entry) => `${entry.name}=${entry.sha256}`) },
    run: async ({ directory, progress, signal }) => {
      requireIntact(tools.map((entry) => ({ ...entry, file: blobFile(entry.sha256) })));
      const root = join(directory, 'root');
      for (const part of ['bin', 'sbin', 'lib', 'lib64']) {
        await mkdir(join(root, 'usr', part), { recursive: true });
        await symlink(`usr/${part}`, join(root, part));
      }
      progress.note(`${tools.length} packages`);
      const files = tools.map((entry) => blobFile(entry.sha256));
      const half = Math.ceil(files.length / 2);
      // Packages share no files, so the order means nothing.
      await Promise.all(
        [files.slice(0, half), files.slice(half)].map((part) =>
          extractArchives(part, root, ['--no-same-owner', ...UNREAD], signal),
        ),
      );
    },
  };
}
