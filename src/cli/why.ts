// kronos why
import type { Command } from 'commander';
import { addCommonOptions, createSubCommand, DEFAULT_OUTPUT } from './options.ts';
import type { CommonOptions, Runner } from './session.ts';

/** Defines `kronos why`. */
export function createCommand(run: Runner): Command {
  const command = createSubCommand(
    'why',
    'Says which recipe brought a path or a package, and over which packages.',
    ['kronos why libssl3t64', 'kronos why /usr/sbin/lvm --in out/debian-12-amd64'],
  )
    .argument('<what>', 'a package, or a path in the appliance that begins with /')
    .option(
      '--in <RELEASE>',
      'a directory that kronos build made, an ISO or a manifest',
      DEFAULT_OUTPUT,
    );
  return addCommonOptions(command).action((what: string, options: CommonOptions & { in: string }) =>
    run(options, async () => {
      const { formatWhy, why } = await import('../builder/manifest/why.ts');
      const { openRelease, readReleaseLayers } = await import('../builder/manifest/release.ts');
      const release = await openRelease(options.in);
      const answer = why(what, {
        manifest: release.manifest,
        layers: await readReleaseLayers(release),
      });
      return { json: answer, text: formatWhy(answer) };
    }),
  );
}
