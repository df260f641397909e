// Which recipes are in, requirements first.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Location } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { RecipeSource } from './load.ts';

/** A recipe that somebody named, and where. */
export interface Named {
  name: string;
  location?: Location | undefined;
  /** Who named it: "the edition debian-13". */
  by: string;
}

/**
 * All named recipes and those they require, every one after its requirements and otherwise in the order of naming.
 * Errors, all at once: `input/unknown-recipe`, `input/recipe-cycle`.
 */
export function orderRecipes(
  named: readonly Named[],
  recipes: ReadonlyMap<string, RecipeSource>,
): RecipeSource[] {
  const ordered = new Set<RecipeSource>();
  const errors: KronosError[] = [];
  /** Names on the way from a named recipe down to the current one. */
  const open: string[] = [];
  const failed = new Set<string>();

  const visit = ({ name, location, by }: Named): void => {
    const recipe = recipes.get(name);
    if (recipe === undefined) {
      errors.push(unknownRecipe(name, by, location, recipes.keys()));
      return;
    }
    if (ordered.has(recipe) || failed.has(name)) return;
    if (open.includes(name)) {
      const cycle = [...open.slice(open.indexOf(name)), name];
      for (const member of cycle) failed.add(member);
      errors.push(
        new KronosError(
          'input/recipe-cycle',
          `recipes require one another in a circle: ${cycle.join(' -> ')}`,
          {
            location,
            hint: 'remove one of these requirements',
          },
        ),
      );
      return;
    }
    open.push(name);
    for (const [index, required] of recipe.data.requires.entries()) {
      visit({
        name: required,
        location: recipe.document.locate(['requires', index]),
        by: `recipe ${name}`,
      });
    }
    open.pop();
    ordered.add(recipe);
  };

  for (const one of named) visit(one);
  if (errors.length > 0) throw new KronosErrors(errors);
  return [...ordered];
}

/** The error for a recipe that is not there, with the nearest that is. */
function unknownRecipe(
  name: string,
  by: string,
  location: Location | undefined,
  known: Iterable<string>,
): KronosError {
  const names = [...known].sort();
  const guess = nearest(name, names);
  return new KronosError(
    'input/unknown-recipe',
    `${by} names the recipe ${JSON.stringify(name)}, which does not exist`,
    {
      location,
      hint:
        guess === undefined
          ? `there are ${names.join(', ') || 'none'}`
          : `did you mean ${JSON.stringify(guess)}?`,
    },
  );
}
