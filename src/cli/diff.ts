// kronos diff
import type { Command } from 'commander';
import { addCommonOptions, createSubCommand } from './options.ts';
import type { CommonOptions, Runner } from './session.ts';

/** Defines `kronos diff`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'diff',
    'Shows which packages, files and sizes differ between two builds. Exit code 0 where they are the same, 1 where they differ.',
    ['kronos diff old/debian-13-amd64 out/debian-13-amd64', 'kronos diff a.iso b.iso --json'],
  )
    .argument('<a>', 'a directory that kronos build made, an ISO or a manifest')
    .argument('<b>', 'another one')
    .option('--all', 'show every path, not only the first of each kind');
  return addCommonOptions(command).action(
    (a: string, b: string, options: CommonOptions & { all?: boolean }) =>
      run(options, async () => {
        const { diffReleases, formatDiff } = await import('../builder/manifest/diff.ts');
        const { openRelease, readReleaseLayers } = await import('../builder/manifest/release.ts');
        const read = async (path: string) => {
          const release = await openRelease(path);
          return { manifest: release.manifest, layers: await readReleaseLayers(release) };
        };
        const diff = diffReleases(await read(a), await read(b));
        return {
          json: diff,
          text: formatDiff(diff, options.all === true ? Infinity : undefined),
          exitCode: diff.same ? 0 : 1,
        };
      }),
  );
}
