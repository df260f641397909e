// From what a person asks for (an edition, recipes of their own, origins) to a selection and its lock file.
import { dirname, resolve } from 'node:path';
import { KronosError } from '../common/error.ts';
import { statOrUndefined } from '../common/files.ts';
import { findOwnDirectory } from '../common/program-root.ts';
import { lockPath } from './lock/edition.ts';
import { loadEdition } from './recipe/edition.ts';
import { parseOrigin } from './recipe/origin.ts';
import type { OriginSpec, Selection } from './recipe/recipe.ts';
import { selectRecipes } from './recipe/select.ts';

export interface SelectionRequest {
  edition: string;
  /** Instead of the edition's own. */
  architecture?: string | undefined;
  /** Directories of the user's own recipes; later ones win over earlier ones, all win over ours. */
  recipes?: readonly string[] | undefined;
  /** Recipes to add. */
  with?: readonly string[] | undefined;
  /** `NAME=SPEC` as `--origin` takes it. */
  origins?: readonly string[] | undefined;
  /** Another lock file than the one beside the edition. */
  lock?: string | undefined;
}

export interface RequestedSelection {
  selection: Selection;
  /** Where its lock is or will be. */
  lockFile: string;
}

/** The recipes that come with Kronos. Errors: `internal/no-recipes`. */
export function ownRecipes(): string {
  const recipes = findOwnDirectory('recipes');
  if (recipes !== undefined) return recipes;
  throw new KronosError('internal/no-recipes', 'the recipes of Kronos are not where they belong');
}

/** All directories that recipes are looked for in, ours first. Errors: `input/file-missing`. */
export async function recipeDirectories(own: readonly string[] = []): Promise<string[]> {
  for (const directory of own) {
    if ((await statOrUndefined(directory))?.isDirectory() === true) continue;
    throw new KronosError(
      'input/file-missing',
      `there is no directory of recipes at ${directory}`,
      {
        hint: 'name a directory that holds NAME/recipe.yaml or editions/NAME.yaml',
      },
    );
  }
  return [ownRecipes(), ...own.map((directory) => resolve(directory))];
}

/**
 * Reads and checks everything that a request names.
 * Errors: those of loadEdition, parseOrigin and selectRecipes, `input/file-missing`.
 */
export async function openSelection(request: SelectionRequest): Promise<RequestedSelection> {
  const directories = await recipeDirectories(request.recipes);
  const found = await loadEdition(request.edition, directories);
  const edition =
    request.architecture === undefined ? found : { ...found, architecture: request.architecture };
  const origins: Record<string, OriginSpec> = {};
  for (const text of request.origins ?? []) {
    const { name, origin } = parseOrigin(text);
    origins[name] = origin;
  }
  const selection = await selectRecipes({
    edition,
    directories,
    with: request.with ?? [],
    origins,
  });
  // The lock lies beside the edition, so that a directory of one's own is complete in itself.
  const home = dirname(dirname(found.location.file));
  const { name, architecture } = selection.edition;
  return {
    selection,
    lockFile:
      request.lock === undefined ? lockPath(home, name, architecture) : resolve(request.lock),
  };
}
