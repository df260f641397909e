// From an edition and what the command line adds to the plain list of recipes that a build works on.
import { readFile } from 'node:fs/promises';
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Location } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import { programVersion } from '../../common/version.ts';
import { loadYaml } from '../../common/yaml.ts';
import { appliesTo, readContent } from './content.ts';
import { collect, loadRecipes } from './load.ts';
import type { RecipeSource } from './load.ts';
import { orderRecipes } from './order.ts';
import type { Named } from './order.ts';
import type { Edition, OriginSpec, Recipe, Selection } from './recipe.ts';

export interface SelectOptions {
  edition: Edition;
  /** Where recipes are looked for; later directories win. */
  directories: readonly string[];
  /** Recipes to add, from `--with`. */
  with: readonly string[];
  /** Origins to add or replace, from `--origin`. */
  origins: Readonly<Record<string, OriginSpec>>;
}

/**
 * Chooses, orders and renders recipes. The edition in the result has the origins of the command line, and its
 * distribution the components that the chosen recipes ask for.
 * Errors, as many at once as can be found: those of loadRecipes, orderRecipes and readContent, `input/unknown-origin`,
 * `input/origin-components`, `input/file-conflict`.
 */
export async function selectRecipes(options: SelectOptions): Promise<Selection> {
  const { edition } = options;
  const sources = await loadRecipes(options.directories);
  const origins = { ...edition.origins, ...options.origins };
  const chosen = orderRecipes(await nameRecipes(options, sources, origins), sources);
  const errors: KronosError[] = [];
  checkOriginsUsed(options.origins, chosen, sources, errors);

  const toolstack = chooseToolstack(chosen, edition, origins);
  const variables = {
    ...edition.variables,
    edition: edition.name,
    suite: edition.suite,
    architecture: edition.architecture,
    version: await programVersion(),
    toolstack: toolstack.name,
  };
  const recipes: Recipe[] = [];
  for (const source of chosen) {
    try {
      recipes.push(await readRecipe(source, originOf(source, origins), edition, variables));
    } catch (error) {
      collect(errors, error);
    }
  }
  const withComponents = addComponents(chosen, origins, errors);
  errors.push(...findConflicts(recipes));
  if (errors.length > 0) throw new KronosErrors(errors);
  return { edition: { ...edition, origins: withComponents }, recipes, toolstack };
}

/** The edition's recipes, those of `--with`, and the optional ones whose origin was named. */
async function nameRecipes(
  options: SelectOptions,
  sources: ReadonlyMap<string, RecipeSource>,
  origins: Readonly<Record<string, OriginSpec>>,
): Promise<Named[]> {
  const { edition } = options;
  const by = `the edition ${edition.name}`;
  const inEdition = async (key: 'recipes' | 'optional', index: number): Promise<Location> =>
    loadYaml(await readFile(edition.location.file, 'utf8'), edition.location.file).locate([
      key,
      index,
    ]);
  const named: Named[] = [];
  for (const [index, name] of edition.recipes.entries()) {
    named.push({
      name,
      by,
      ...(sources.has(name) ? {} : { location: await inEdition('recipes', index) }),
    });
  }
  for (const [index, name] of edition.optional.entries()) {
    const source = sources.get(name);
    if (source === undefined)
      named.push({ name, by, location: await inEdition('optional', index) });
    else if (source.data.origin !== 'distribution' && Object.hasOwn(origins, source.data.origin))
      named.push({ name, by });
  }
  for (const name of options.with) named.push({ name, by: '--with' });
  return named;
}

/** An origin named like a recipe feeds that recipe; otherwise it is the one that the recipe names. */
function originOf(source: RecipeSource, origins: Readonly<Record<string, OriginSpec>>): string {
  return Object.hasOwn(origins, source.name) ? source.name : source.data.origin;
}

function checkOriginsUsed(
  named: Readonly<Record<string, OriginSpec>>,
  chosen: readonly RecipeSource[],
  sources: ReadonlyMap<string, RecipeSource>,
  errors: KronosError[],
): void {
  const used = new Set(chosen.flatMap((source) => [source.name, source.data.origin]));
  for (const name of Object.keys(named)) {
    if (used.has(name)) continue;
    const known = [
      ...new Set([...sources.values()].flatMap((source) => [source.name, source.data.origin])),
    ].sort();
    const guess = known.includes(name) ? undefined : nearest(name, known);
    const hint = known.includes(name)
      ? `add its recipe: --with ${name}`
      : `origins are named like a recipe: ${known.join(', ')}`;
    errors.push(
      new KronosError(
        'input/unknown-origin',
        `--origin names ${JSON.stringify(name)}, but no recipe of this build takes packages from there`,
        {
          hint: guess === undefined ? hint : `did you mean ${JSON.stringify(guess)}?`,
        },
      ),
    );
  }
}

/** The origins with the components that chosen recipes ask for, each once, those of the edition first. */
function addComponents(
  chosen: readonly RecipeSource[],
  origins: Readonly<Record<string, OriginSpec>>,
  errors: KronosError[],
): Record<string, OriginSpec> {
  const result: Record<string, OriginSpec> = { ...origins };
  for (const source of chosen) {
    const name = originOf(source, origins);
    const origin = result[name];
    if (origin === undefined) {
      if (source.data.packages.length > 0) errors.push(missingOrigin(source, name, origins));
    } else if (source.data.components.length > 0) {
      if (origin.type === 'distribution' || origin.type === 'apt') {
        result[name] = {
          ...origin,
          components: [...new Set([...origin.components, ...source.data.components])],
        };
      } else {
        errors.push(
          new KronosError(
            'input/origin-components',
            `recipe ${source.name} asks for components, but its origin ${name} has none`,
            {
              location: source.document.locateKey(['components']),
              hint: `an origin of type ${origin.type} is one set of packages; remove the key`,
            },
          ),
        );
      }
    }
  }
  return result;
}

function missingOrigin(
  source: RecipeSource,
  name: string,
  origins: Readonly<Record<string, OriginSpec>>,
): KronosError {
  const guess = nearest(name, Object.keys(origins));
  return new KronosError(
    'input/unknown-origin',
    `recipe ${source.name} takes its packages from the origin ${JSON.stringify(name)}, which nobody named`,
    {
      location: source.document.locate(['origin']),
      hint:
        guess === undefined
          ? `name it: --origin ${name}=dir:PATH`
          : `did you mean ${JSON.stringify(guess)}?`,
    },
  );
}

function chooseToolstack(
  chosen: readonly RecipeSource[],
  edition: Edition,
  origins: Readonly<Record<string, OriginSpec>>,
): Selection['toolstack'] {
  const xapi = chosen.find((source) => source.name === 'xapi');
  if (xapi === undefined) {
    const reason = edition.optional.includes('xapi')
      ? 'no origin for the packages of the recipe xapi was named (--origin xapi=SPEC)'
      : `the edition ${edition.name} does not have the recipe xapi`;
    return { name: 'xl', reason };
  }
  return {
    name: 'xapi',
    reason: `the recipe xapi is in, its packages come from the origin ${originOf(xapi, origins)}`,
  };
}

async function readRecipe(
  source: RecipeSource,
  origin: string,
  edition: Edition,
  variables: Readonly<Record<string, string>>,
): Promise<Recipe> {
  const { data, document } = source;
  return {
    name: source.name,
    summary: data.summary,
    directory: source.directory,
    layer: data.layer,
    requires: data.requires,
    origin,
    packages: data.packages.flatMap((item, index) => {
      const location = document.locate(['packages', index]);
      if (typeof item === 'string') return [{ name: item, location }];
      return appliesTo(item, edition) ? [{ name: item.name, version: item.version, location }] : [];
    }),
    ...(await readContent(source, edition, variables)),
    exclude: data.exclude,
    include: data.include,
    remove: data.remove,
    generated: data.generated,
    xenArguments: data.xen.arguments,
    kernelArguments: data.kernel.arguments,
    modules: data.kernel.modules,
    initrdModules: data.kernel.initrd,
    services: data.services,
    state: data.state,
    checks: data.checks,
    location: document.locate(['recipe']),
  };
}

/** One path, one writer: also where one recipe's file would be another's directory. */
function findConflicts(recipes: readonly Recipe[]): KronosError[] {
  const writers = new Map<string, { recipe: string; location: Location }>();
  const errors: KronosError[] = [];
  const items = recipes.flatMap((recipe) =>
    [...recipe.files, ...recipe.links].map((item) => ({
      path: item.path,
      location: item.location,
      recipe: recipe.name,
    })),
  );
  const hint =
    'to change a file of another recipe, put a recipe of the same name into a directory for --recipes';
  for (const { path, location, recipe } of items) {
    const first = writers.get(path);
    if (first === undefined) writers.set(path, { recipe, location });
    else
      errors.push(
        conflict(
          `${path} is already written by recipe ${first.recipe} (${place(first.location)})`,
          location,
          hint,
        ),
      );
  }
  for (const { path, location } of items) {
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
      const first = writers.get(parent);
      if (first === undefined) continue;
      const message = `${path} lies below ${parent}, which recipe ${first.recipe} writes as a file or link (${place(first.location)})`;
      errors.push(conflict(message, location, 'a path is a directory or a file, not both'));
    }
  }
  return errors;
}

function conflict(message: string, location: Location, hint: string): KronosError {
  return new KronosError('input/file-conflict', message, { location, hint });
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function place(location: Location): string {
  return location.line === undefined ? location.file : `${location.file}:${String(location.line)}`;
}
