// What there is to build from: `kronos recipes`.
import { listEditions, loadEdition } from './recipe/edition.ts';
import { loadRecipes } from './recipe/load.ts';
import { recipeDirectories } from './request.ts';

export interface CatalogueRecipe {
  name: string;
  summary: string;
  layer: string;
  requires: readonly string[];
  origin: string;
  directory: string;
  /** True where it comes from a directory of the user's own. */
  own: boolean;
}

export interface CatalogueEdition {
  name: string;
  summary: string;
  suite: string;
  architecture: string;
  recipes: readonly string[];
  optional: readonly string[];
}

export interface Catalogue {
  editions: CatalogueEdition[];
  recipes: CatalogueRecipe[];
}

/** All editions and recipes, sorted by name. Errors: those of reading them. */
export async function readCatalogue(own: readonly string[] = []): Promise<Catalogue> {
  const directories = await recipeDirectories(own);
  const editions: CatalogueEdition[] = [];
  for (const name of await listEditions(directories)) {
    const { summary, suite, architecture, recipes, optional } = await loadEdition(
      name,
      directories,
    );
    editions.push({ name, summary, suite, architecture, recipes, optional });
  }
  const recipes = [...(await loadRecipes(directories)).values()]
    .map(({ name, directory, layer, data }) => ({
      name,
      summary: data.summary,
      layer: data.layer,
      requires: data.requires,
      origin: data.origin,
      directory,
      own: layer > 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { editions, recipes };
}
