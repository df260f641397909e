// kronos host embed
import type { Command } from 'commander';
import { EXIT_CODES, errorToJson, formatError, KronosError } from '../../common/error.ts';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';
import { formatWarnings } from './warnings.ts';

interface EmbedOptions extends CommonOptions {
  force?: boolean;
  clear?: boolean;
}

/** Defines `kronos host embed`. */
export function createEmbed(run: Runner): Command {
  const command = createSubCommand(
    'embed',
    'Writes a host file into a finished medium, which then installs without a question. Only the area that is reserved for it changes; kronos verify still knows the rest. What the file includes is put in.',
    [
      'kronos host embed kronos.iso xen01.yaml',
      'kronos host embed /dev/sdX xen01.yaml --force',
      'kronos host embed kronos.iso --clear',
    ],
  )
    .argument('<medium>', 'an ISO, a disk image, or the device of a stick')
    .argument('[hostfile]', 'the host file; it must hold no mistakes')
    .option('--force', 'write it in spite of warnings')
    .option('--clear', 'empty the area instead');
  return addCommonOptions(command).action(
    (medium: string, hostFile: string | undefined, options: EmbedOptions) =>
      run(options, () => {
        if (options.clear === true) return clear(medium, hostFile);
        if (hostFile !== undefined) return embed(medium, hostFile, options);
        throw new KronosError('input/missing-argument', 'there is no host file to embed', {
          hint: `kronos host embed ${medium} FILE, or --clear to take out what is there`,
        });
      }),
  );
}

async function clear(medium: string, hostFile: string | undefined): Promise<Outcome> {
  if (hostFile !== undefined) {
    throw new KronosError('input/combination', '--clear takes no host file', {
      hint: 'leave out one of the two',
    });
  }
  const { writeHostArea } = await import('../../builder/image/embed.ts');
  const { area, before } = await writeHostArea(medium, undefined);
  const text = before === undefined ? 'had no host file' : 'holds no host file any more';
  return { json: { medium, area, cleared: before !== undefined }, text: `${medium} ${text}` };
}

async function embed(medium: string, path: string, options: EmbedOptions): Promise<Outcome> {
  const { readLoneHostFile } = await import('../../host/embed.ts');
  const { digestOf } = await import('../../common/digest.ts');
  const { writeHostArea } = await import('../../builder/image/embed.ts');
  const { text, whole, source, warnings } = await readLoneHostFile(path);
  const told = formatWarnings(warnings);
  const json = { medium, file: path, warnings: warnings.map(errorToJson) };
  if (warnings.length > 0 && options.force !== true) {
    const error = new KronosError('input/host-file-warnings', `${path} was not embedded`, {
      hint: 'look at the warnings; --force embeds it nevertheless',
    });
    return {
      json: { ...json, error: errorToJson(error) },
      text: [...told, formatError(error)].join('\n'),
      exitCode: EXIT_CODES.input,
    };
  }
  const { area, before } = await writeHostArea(medium, text);
  const sha256 = digestOf(text);
  const lines = [
    `${path} (${source.hostFile.hostname}) is in ${medium}: ${Buffer.byteLength(text)} bytes at ${area.offset}`,
    ...(before === undefined || before === text ? [] : ['another host file was there before']),
    ...(whole ? ['the files that it includes were put in'] : []),
    `sha256 ${sha256}`,
  ];
  return {
    json: { ...json, area, bytes: Buffer.byteLength(text), sha256, replaced: before !== undefined },
    text: [...told, ...lines].join('\n'),
  };
}
