// Where the files lie that come with the program: templates, recipes.
import { dirname, join } from 'node:path';
import { KronosError } from './error.ts';
import { exists } from './files.ts';

/**
 * A directory beside package.json, whether this file is compiled or not, in a checkout or installed.
 * Errors: `internal/no-data`.
 */
export async function ownDirectory(name: string): Promise<string> {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const own = join(directory, name);
    if ((await exists(join(directory, 'package.json'))) && (await exists(own))) return own;
    if (directory === dirname(directory)) {
      throw new KronosError('internal/no-data', `the directory ${name} of Kronos is not there`, {
        hint: 'install Kronos again',
      });
    }
  }
}
