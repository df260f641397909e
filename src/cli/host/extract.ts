// kronos host extract
import type { Command } from 'commander';
import { KronosError } from '../../common/error.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Runner } from '../session.ts';

/** Defines `kronos host extract`. */
export function createExtract(run: Runner): Command {
  const command = createSubCommand(
    'extract',
    'Prints the host file that is embedded in a medium, as it is, with whatever secrets it has.',
    ['kronos host extract kronos.iso', 'kronos host extract /dev/sdX --output xen01.yaml'],
  )
    .argument('<medium>', 'an ISO, a disk image, or the device of a stick')
    .option('--output <FILE>', 'write it to this file instead, readable by its owner only');
  return addCommonOptions(command).action(
    (medium: string, options: CommonOptions & { output?: string }) =>
      run(options, async () => {
        const { digestOf } = await import('../../common/digest.ts');
        const { readHostArea } = await import('../../builder/image/embed.ts');
        const text = await readHostArea(medium);
        if (text === undefined) {
          throw new KronosError('input/no-host-file', `no host file is embedded in ${medium}`, {
            hint: 'put one in with: kronos host embed',
          });
        }
        const sha256 = digestOf(text);
        const { output } = options;
        if (output === undefined) return { json: { medium, sha256, text }, text: text.trimEnd() };
        const { writeFileAtomic } = await import('../../common/files.ts');
        await writeFileAtomic(output, text, 0o600);
        return {
          json: { medium, sha256, file: output },
          text: `wrote ${output}\nsha256 ${sha256}`,
        };
      }),
  );
}
