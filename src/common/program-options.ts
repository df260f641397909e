// Command lines of the programs of the appliance: node:util reads them, and a mistake is told as everything else is.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { KronosError } from './error.ts';

/** The options of a program, by node:util's parseArgs. Errors: `input/unknown-option`. */
export function parseProgramOptions<T extends ParseArgsConfig>(
  program: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new KronosError(
      'input/unknown-option',
      error instanceof Error ? error.message : String(error),
      { hint: `see ${program} --help` },
    );
  }
}
