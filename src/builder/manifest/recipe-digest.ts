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
  const notByPlace: Record<string, unknown> = { ...recipe };
  delete notByPlace['directory'];
  delete notByPlace['location'];
  return digestData({
    ...notByPlace,
    files,
    packages: recipe.packages.map(({ name, version }) => ({ name, version })),
    links: recipe.links.map(({ path, target }) => ({ path, target })),
  });
}
