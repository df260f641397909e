// Options that several sub-commands share, so that they read and mean the same everywhere.
import { Command, InvalidArgumentError } from 'commander';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The edition that is meant when none is named. */
export const DEFAULT_EDITION = 'debian-13';

/** What `kronos build` makes when nothing else is said; the other commands look there. */
export const DEFAULT_OUTPUT = 'out/debian-13-amd64';

/** A sub-command with the options that all have, and an example below its help. */
export function createSubCommand(
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

/** Adds what comes last in every list of options. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document instead of text')
    .option('-v, --verbose', 'show every line that the work logs');
}

/** Gathers an option that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** The cache directory: the option, KRONOS_CACHE, or where the XDG rules put it. */
export function cacheDirectory(option: string | undefined): string {
  const { KRONOS_CACHE: fromKronos, XDG_CACHE_HOME: fromXdg } = process.env;
  if (option !== undefined) return resolve(option);
  if (fromKronos !== undefined && fromKronos !== '') return resolve(fromKronos);
  return join(
    fromXdg !== undefined && fromXdg !== '' ? fromXdg : join(homedir(), '.cache'),
    'kronos',
  );
}

/** A whole number above 0. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

/** The level of a compressor. */
export function parseLevel(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 22)
    throw new InvalidArgumentError('It must be from 1 to 22.');
  return value;
}
