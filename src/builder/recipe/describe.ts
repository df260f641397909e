// What `kronos recipes` shows: every recipe that could be used, where it comes from and who uses it.
import { loadEdition, listEditions } from './edition.ts';
import { appliesTo } from './content.ts';
import { loadRecipes } from './load.ts';
import type { RecipeSource } from './load.ts';
import type { Edition, LayerName } from './recipe.ts';

export interface RecipeDescription {
  name: string;
  summary: string;
  layer: LayerName;
  requires: readonly string[];
  /** Package names; with an edition only those for its suite and architecture. */
  packages: readonly string[];
  origin: string;
  components: readonly string[];
  /** The directory that holds its recipe.yaml. */
  directory: string;
  editions: { name: string; optional: boolean }[];
}

export interface EditionDescription {
  name: string;
  summary: string;
  suite: string;
  architecture: string;
  recipes: readonly string[];
  optional: readonly string[];
}

/**
 * All recipes of the directories by name, or with `edition` only those that it names or their requirements bring.
 * Errors: those of loadRecipes and loadEdition.
 */
export async function describeRecipes(
  directories: readonly string[],
  edition?: string,
): Promise<RecipeDescription[]> {
  const sources = await loadRecipes(directories);
  const editions = await loadEditions(directories);
  const target = edition === undefined ? undefined : await loadEdition(edition, directories);
  const reached =
    target === undefined ? undefined : reach([...target.recipes, ...target.optional], sources);
  return [...sources.values()]
    .filter((source) => reached?.has(source.name) ?? true)
    .map((source) => describe(source, editions, target));
}

/** All editions of the directories by name. Errors: those of loadEdition. */
export async function describeEditions(
  directories: readonly string[],
): Promise<EditionDescription[]> {
  return (await loadEditions(directories)).map(
    ({ name, summary, suite, architecture, recipes, optional }) => ({
      name,
      summary,
      suite,
      architecture,
      recipes,
      optional,
    }),
  );
}

async function loadEditions(directories: readonly string[]): Promise<Edition[]> {
  const names = await listEditions(directories);
  return Promise.all(names.map((name) => loadEdition(name, directories)));
}

function describe(
  source: RecipeSource,
  editions: readonly Edition[],
  target: Edition | undefined,
): RecipeDescription {
  const { data } = source;
  return {
    name: source.name,
    summary: data.summary,
    layer: data.layer,
    requires: data.requires,
    packages: data.packages
      .filter((item) => target === undefined || typeof item === 'string' || appliesTo(item, target))
      .map((item) => (typeof item === 'string' ? item : item.name)),
    origin: data.origin,
    components: data.components,
    directory: source.directory,
    editions: editions.flatMap((edition): RecipeDescription['editions'] => {
      if (edition.recipes.includes(source.name)) return [{ name: edition.name, optional: false }];
      return edition.optional.includes(source.name) ? [{ name: edition.name, optional: true }] : [];
    }),
  };
}

/** Names and all that they require, as far as there are such recipes. */
function reach(names: readonly string[], sources: ReadonlyMap<string, RecipeSource>): Set<string> {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const required of sources.get(name)?.data.requires ?? []) visit(required);
  };
  for (const name of names) visit(name);
  return reached;
}
