// Finds and reads an edition: which recipes, which suite, which branding.
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import { readTextOrUndefined } from '../../common/files.ts';
import { nearest } from '../../common/nearest.ts';
import { validate } from '../../common/validate.ts';
import { loadYaml } from '../../common/yaml.ts';
import type { Edition, OriginSpec } from './recipe.ts';
import { editionSchema } from './schema.ts';

/** Names that every template has; an edition cannot give them another meaning. */
const BUILT_IN_VARIABLES = ['edition', 'suite', 'architecture', 'version', 'toolstack'] as const;

/**
 * Reads `editions/NAME.yaml` from the last directory that has it.
 * Errors: `input/unknown-edition`, `input/edition-name`, `input/reserved-variable`, those of loadYaml and validate.
 */
export async function loadEdition(name: string, directories: readonly string[]): Promise<Edition> {
  for (const directory of directories.toReversed()) {
    const file = join(directory, 'editions', `${name}.yaml`);
    const text = isPlainName(name) ? await readTextOrUndefined(file) : undefined;
    if (text !== undefined) return readEdition(name, file, text);
  }
  const known = await listEditions(directories);
  const guess = nearest(name, known);
  throw new KronosError('input/unknown-edition', `there is no edition ${JSON.stringify(name)}`, {
    hint:
      guess === undefined
        ? `there are ${known.join(', ') || 'none'}`
        : `did you mean ${JSON.stringify(guess)}?`,
  });
}

/** The names of all editions, sorted. */
export async function listEditions(directories: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const directory of directories) {
    for (const entry of await readNames(join(directory, 'editions'))) {
      if (entry.endsWith('.yaml')) names.add(entry.slice(0, -'.yaml'.length));
    }
  }
  return [...names].sort();
}

function isPlainName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]*$/.test(name);
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function readEdition(name: string, file: string, text: string): Edition {
  const document = loadYaml(text, file);
  const data = validate(editionSchema, document, `edition ${name}`);
  if (data.edition !== name) {
    throw new KronosError(
      'input/edition-name',
      `the edition in ${name}.yaml calls itself ${data.edition}`,
      {
        location: document.locate(['edition']),
        hint: `write "edition: ${name}" or rename the file`,
      },
    );
  }
  for (const variable of BUILT_IN_VARIABLES) {
    if (!Object.hasOwn(data.variables, variable)) continue;
    throw new KronosError(
      'input/reserved-variable',
      `the variable ${JSON.stringify(variable)} is set by Kronos itself`,
      {
        location: document.locateKey(['variables', variable]),
        hint: 'choose another name',
      },
    );
  }
  const origins = Object.fromEntries(
    Object.entries(data.origins).map(([key, origin]) => [
      key,
      withAbsolutePaths(origin, dirname(file)),
    ]),
  );
  return {
    name,
    summary: data.summary,
    suite: data.suite,
    architecture: data.architecture,
    recipes: data.recipes,
    optional: data.optional,
    origins,
    variables: data.variables,
    location: { file, line: 1 },
  };
}

function withAbsolutePaths(origin: OriginSpec, directory: string): OriginSpec {
  if (origin.type === 'directory') return { ...origin, path: resolve(directory, origin.path) };
  if (origin.type === 'apt') return { ...origin, key: resolve(directory, origin.key) };
  return origin;
}
