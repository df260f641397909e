// A recipe by content, whatever directory it lies in.
import { digestData, digestFile, type Sha256 } from '../../common/digest.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** sha256 over all that a recipe says and the files that it copies; where it is on this machine does not count. */
export async function digestRecipe(recipe: Recipe): Promise<Sha256> {
  const files: unknown[] = [];
  for (const { path, source, text, mode } of recipe.files) {
    files.push({
      path,
      mode,
      ...(source === undefined ? { text } : { sha256: await digestFile(source) }),
    });
  }
  const { directory: _directory, location: _location, packages, links, ...facts } = recipe;
  return digestData({
    ...facts,
    files,
    packages: packages.map(({ name, version }) => ({ name, version })),
    links: links.map(({ path, target }) => ({ path, target })),
  });
}
