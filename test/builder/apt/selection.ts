// Selections for tests, without recipe files.
import type {
  LayerName,
  OriginSpec,
  Recipe,
  Selection,
} from '../../../src/builder/recipe/recipe.ts';

/** A recipe that asks for packages; `NAME=VERSION` asks for a version. */
export function makeRecipe(
  name: string,
  packages: readonly string[],
  options: { layer?: LayerName; origin?: string } = {},
): Recipe {
  const file = `recipes/${name}/recipe.yaml`;
  return {
    name,
    summary: name,
    directory: `/recipes/${name}`,
    layer: options.layer ?? 'host',
    requires: [],
    origin: options.origin ?? 'distribution',
    packages: packages.map((text, index) => {
      const [packageName = '', version] = text.split('=');
      return { name: packageName, version, location: { file, line: index + 3, column: 5 } };
    }),
    files: [],
    links: [],
    exclude: [],
    include: [],
    remove: [],
    generated: [],
    xenArguments: [],
    kernelArguments: [],
    modules: [],
    initrdModules: [],
    services: { enable: [], disable: [], mask: [] },
    state: [],
    checks: [],
    location: { file },
  };
}

export function makeSelection(
  recipes: readonly Recipe[],
  origins: Readonly<Record<string, OriginSpec>> = {},
): Selection {
  return {
    edition: {
      name: 'test',
      summary: 'test',
      suite: 'trixie',
      architecture: 'amd64',
      recipes: recipes.map((recipe) => recipe.name),
      optional: [],
      origins: { distribution: { type: 'distribution', components: ['main'] }, ...origins },
      variables: {},
      location: { file: 'recipes/editions/test.yaml' },
    },
    recipes,
    toolstack: { name: 'xl', reason: 'test' },
  };
}
