// Recipe directories for tests, written to a temporary directory that the test removes.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadEdition } from '../../../src/builder/recipe/edition.ts';
import type { OriginSpec, Selection } from '../../../src/builder/recipe/recipe.ts';
import { selectRecipes } from '../../../src/builder/recipe/select.ts';
import { formatError } from '../../../src/common/error.ts';

/** Path to text; `-> TARGET` makes a symbolic link. */
export type Files = Readonly<Record<string, string>>;

/** Writes files into a new directory and returns its path. */
export async function writeTree(t: ExecutionContext, files: Files): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-recipes-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    const full = join(directory, path);
    await mkdir(dirname(full), { recursive: true });
    if (text.startsWith('-> ')) await symlink(text.slice(3), full);
    else await writeFile(full, text);
  }
  return directory;
}

/** An edition called `test` with these recipes; `more` are further lines. */
export function edition(recipes: readonly string[], more = ''): Files {
  const text = `edition: test\nsummary: A test\nsuite: trixie\narchitecture: amd64\nrecipes: [${recipes.join(', ')}]\n${more}`;
  return { 'editions/test.yaml': text };
}

/** A recipe with a summary; `more` are further lines. */
export function recipe(name: string, more = ''): Files {
  return { [`${name}/recipe.yaml`]: `recipe: ${name}\nsummary: The ${name}\n${more}` };
}

export interface SelectExtras {
  with?: readonly string[];
  origins?: Readonly<Record<string, OriginSpec>>;
}

/** Selects the edition `test` of the directories. */
export async function select(
  directories: readonly string[],
  extras: SelectExtras = {},
): Promise<Selection> {
  return selectRecipes({
    edition: await loadEdition('test', directories),
    directories,
    with: extras.with ?? [],
    origins: extras.origins ?? {},
  });
}

/** What a person sees when the selection fails, with the temporary directory written as DIR. */
export async function refusal(directory: string, extras: SelectExtras = {}): Promise<string> {
  try {
    await select([directory], extras);
    return 'nothing was refused';
  } catch (error) {
    return formatError(error).replaceAll(directory, 'DIR');
  }
}
