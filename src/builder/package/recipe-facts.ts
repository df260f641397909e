// What packages take from recipes, so that a host that is installed by apt has what the image has.
import { readContent } from '../recipe/content.ts';
import { loadRecipes, type RecipeSource } from '../recipe/load.ts';
import type { Check, LayerName, RecipeFile } from '../recipe/recipe.ts';

export interface RecipeFacts {
  name: string;
  summary: string;
  layer: LayerName;
  /** Relations to its packages. */
  packages: string[];
  files: RecipeFile[];
  modules: readonly string[];
  xenArguments: readonly string[];
  units: readonly string[];
  checks: readonly Check[];
}

/** The architecture whose lines of a recipe count for files; packages of ours are for all of them. */
const ARCHITECTURE = 'amd64';

/** Reads recipes by name. Errors: those of loadRecipes and readContent. */
export async function readRecipeFacts(
  directory: string,
  names: readonly string[],
): Promise<Map<string, RecipeFacts>> {
  const sources = await loadRecipes([directory]);
  const facts = new Map<string, RecipeFacts>();
  for (const name of names) {
    const source = sources.get(name);
    if (source === undefined) throw new TypeError(`no recipe ${name} in ${directory}`);
    const { data } = source;
    const target = { suite: '', architecture: ARCHITECTURE };
    facts.set(name, {
      ...{ name, summary: data.summary, layer: data.layer },
      packages: relations(source),
      files: (await readContent(source, target, {})).files,
      modules: data.kernel.modules,
      xenArguments: data.xen.arguments,
      units: data.services.enable,
      checks: data.checks,
    });
  }
  return facts;
}

/** Packages that each architecture has under a name of its own are one relation with alternatives. */
function relations({ data }: RecipeSource): string[] {
  const always: string[] = [];
  const byArchitecture = new Map<string, string[]>();
  for (const item of data.packages) {
    if (typeof item === 'string') always.push(item);
    else if (item.architectures === undefined) always.push(item.name);
    else {
      const stem = item.name.replace(/-(?:amd64|arm64)$/, '');
      byArchitecture.set(stem, [...(byArchitecture.get(stem) ?? []), item.name]);
    }
  }
  return [...[...byArchitecture.values()].map((names) => names.join(' | ')), ...always];
}
