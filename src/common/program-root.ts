// Where the files lie that come with the program: templates, recipes.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KronosError } from './error.ts';

/** A directory beside package.json, whether this file is compiled or not, in a checkout or installed. */
export function findOwnDirectory(name: string): string | undefined {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    const own = join(directory, name);
    if (existsSync(join(directory, 'package.json')) && existsSync(own)) return own;
    if (directory === dirname(directory)) return undefined;
  }
}

/** The same where nothing works without it. Errors: `internal/no-data`. */
export function ownDirectory(name: string): string {
  const own = findOwnDirectory(name);
  if (own !== undefined) return own;
  throw new KronosError('internal/no-data', `the directory ${name} of Kronos is not there`, {
    hint: 'install Kronos again',
  });
}
