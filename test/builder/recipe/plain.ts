// A selection without files on a disk: recipes as plain values.
import type { Recipe, Selection } from '../../../src/builder/recipe/recipe.ts';

const location = { file: 'recipe.yaml' };

/** A recipe that does nothing but what `more` says. */
export function plainRecipe(name: string, more: Partial<Recipe> = {}): Recipe {
  return {
    ...{ name, summary: `The ${name}`, directory: `/recipes/${name}`, layer: 'host' },
    ...{ requires: [], origin: 'distribution', packages: [], files: [], links: [] },
    ...{ exclude: [], include: [], remove: [], generated: [] },
    ...{ xenArguments: [], kernelArguments: [], modules: [], initrdModules: [] },
    ...{ services: { enable: [], disable: [], mask: [] }, state: [], checks: [], location },
    ...more,
  };
}

/** An edition `test` of the recipes. */
export function plainSelection(recipes: readonly Recipe[]): Selection {
  return {
    edition: {
      ...{ name: 'test', summary: 'A test', suite: 'trixie', architecture: 'amd64' },
      ...{ recipes: recipes.map((one) => one.name), optional: [], origins: {}, variables: {} },
      location,
    },
    recipes,
    toolstack: { name: 'xl', reason: 'it is a test' },
  };
}

/** A file of a recipe with a text. */
export function plainFile(path: string, text: string, mode = 0o644): Recipe['files'][number] {
  return { path, text, mode, location };
}
