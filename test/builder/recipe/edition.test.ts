import test from 'ava';
import { loadEdition, listEditions } from '../../../src/builder/recipe/edition.ts';
import { loadRecipes } from '../../../src/builder/recipe/load.ts';
import { edition, writeTree } from './files.ts';

test('an unknown edition is refused with the nearest name', async (t) => {
  const directory = await writeTree(t, edition(['a']));
  const error = await t.throwsAsync(loadEdition('tset', [directory]));
  t.like(error, { code: 'input/unknown-edition', hint: 'did you mean "test"?' });
});

test('a name of an edition cannot be a path', async (t) => {
  const directory = await writeTree(t, { ...edition(['a']), 'other.yaml': 'edition: other\n' });
  await t.throwsAsync(loadEdition('../other', [directory]), {
    message: /there is no edition "\.\.\/other"/,
  });
});

test('editions of all directories are listed', async (t) => {
  const one = await writeTree(t, edition(['a']));
  const two = await writeTree(t, { 'editions/mine.yaml': '', 'editions/notes.txt': '' });
  t.deepEqual(await listEditions([one, two]), ['mine', 'test']);
  t.deepEqual(await listEditions([await writeTree(t, {})]), []);
});

test('a recipes directory that is not there is refused', async (t) => {
  const error = await t.throwsAsync(loadRecipes(['/nonexistent/recipes']));
  t.like(error, {
    code: 'input/recipes-directory',
    hint: 'there is no such directory; look at --recipes',
  });
});
