// Finds and reads recipe files. Nothing is chosen yet: suite and architecture come with the edition (select.ts).
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, KronosErrors, systemCode } from '../../common/error.ts';
import { readTextOrUndefined } from '../../common/files.ts';
import { validate } from '../../common/validate.ts';
import { loadYaml } from '../../common/yaml.ts';
import type { YamlDocument } from '../../common/yaml.ts';
import { recipeSchema } from './schema.ts';
import type { RecipeDocument } from './schema.ts';

/** A recipe as it was read, with its document so that later mistakes can be placed. */
export interface RecipeSource {
  name: string;
  /** The directory that holds recipe.yaml. */
  directory: string;
  /** Index into the list of directories that were searched; the higher one won. */
  layer: number;
  data: RecipeDocument;
  document: YamlDocument;
}

/**
 * Reads `NAME/recipe.yaml` below every directory; the same name in a later directory replaces the earlier one.
 * Errors, all at once: those of loadYaml and validate, `input/recipe-name`, `input/recipes-directory`.
 */
export async function loadRecipes(
  directories: readonly string[],
): Promise<Map<string, RecipeSource>> {
  const found = new Map<string, { directory: string; layer: number; text: string }>();
  for (const [layer, parent] of directories.entries()) {
    for (const name of await listDirectories(parent)) {
      const directory = join(parent, name);
      const text = await readTextOrUndefined(join(directory, 'recipe.yaml'));
      if (text !== undefined) found.set(name, { directory, layer, text });
    }
  }
  const errors: KronosError[] = [];
  const recipes = new Map<string, RecipeSource>();
  for (const [name, { directory, layer, text }] of [...found].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    try {
      recipes.set(name, readRecipe(name, directory, layer, text));
    } catch (error) {
      collect(errors, error);
    }
  }
  if (errors.length > 0) throw new KronosErrors(errors);
  return recipes;
}

/** Adds what `error` holds to a list; what is not a KronosError is thrown on. */
export function collect(errors: KronosError[], error: unknown): void {
  if (error instanceof KronosErrors) errors.push(...error.errors);
  else if (error instanceof KronosError) errors.push(error);
  else throw error;
}

function readRecipe(name: string, directory: string, layer: number, text: string): RecipeSource {
  const document = loadYaml(text, join(directory, 'recipe.yaml'));
  const data = validate(recipeSchema, document, `recipe ${name}`);
  if (data.recipe !== name) {
    throw new KronosError(
      'input/recipe-name',
      `the recipe in the directory ${name} calls itself ${data.recipe}`,
      {
        location: document.locate(['recipe']),
        hint: `write "recipe: ${name}" or rename the directory`,
      },
    );
  }
  return { name, directory, layer, data, document };
}

/** Names of the directories below a recipes directory; links count, since they are the user's own choice. */
async function listDirectories(parent: string): Promise<string[]> {
  try {
    const entries = await readdir(parent, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name);
  } catch (error) {
    throw new KronosError('input/recipes-directory', `reading the recipes in ${parent} failed`, {
      cause: error,
      hint:
        systemCode(error) === 'ENOENT'
          ? 'there is no such directory; look at --recipes'
          : 'look at --recipes',
    });
  }
}
