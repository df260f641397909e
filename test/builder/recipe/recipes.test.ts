// Our own recipes and editions, and the schemas made for editors.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { describeEditions, describeRecipes } from '../../../src/builder/recipe/describe.ts';
import { loadEdition } from '../../../src/builder/recipe/edition.ts';
import { jsonSchemas } from '../../../src/builder/recipe/json-schema.ts';
import { loadRecipes } from '../../../src/builder/recipe/load.ts';
import { selectRecipes } from '../../../src/builder/recipe/select.ts';
import { sourceDirectory } from '../../golden.ts';

const ROOT = join(sourceDirectory(import.meta.url), '../../..');
const RECIPES = [join(ROOT, 'recipes')];

for (const name of ['debian-13', 'debian-12', 'lab']) {
  test(`edition ${name} can be selected`, async (t) => {
    const edition = await loadEdition(name, RECIPES);
    const { recipes, toolstack } = await selectRecipes({
      edition,
      directories: RECIPES,
      with: [],
      origins: {},
    });
    t.deepEqual(new Set(recipes.map((recipe) => recipe.name)), new Set(edition.recipes));
    t.is(toolstack.name, 'xl');
  });
}

test('every optional recipe can be added to the default edition', async (t) => {
  const { recipes, edition } = await selectRecipes({
    edition: await loadEdition('debian-13', RECIPES),
    directories: RECIPES,
    with: ['firmware'],
    origins: { xapi: { type: 'directory', path: '/debs' } },
  });
  t.true(recipes.some((recipe) => recipe.name === 'xapi'));
  t.deepEqual(edition.origins['distribution'], {
    type: 'distribution',
    components: ['main', 'non-free-firmware'],
  });
});

test('names of checks are unique', async (t) => {
  const recipes = [...(await loadRecipes(RECIPES)).values()];
  const names = recipes.flatMap((recipe) => recipe.data.checks.map((check) => check.name));
  t.deepEqual(names, [...new Set(names)]);
});

test('every recipe and edition names its schema for editors', async (t) => {
  for (const recipe of (await loadRecipes(RECIPES)).values()) {
    const text = await readFile(join(recipe.directory, 'recipe.yaml'), 'utf8');
    t.true(
      text.startsWith('# yaml-language-server: $schema=../../docs/schema/recipe.schema.json\n'),
      recipe.name,
    );
  }
  for (const { name } of await describeEditions(RECIPES)) {
    const text = await readFile(join(ROOT, 'recipes/editions', `${name}.yaml`), 'utf8');
    t.true(
      text.startsWith('# yaml-language-server: $schema=../../docs/schema/edition.schema.json\n'),
      name,
    );
  }
});

test('docs/schema is in step with the formats', async (t) => {
  for (const { file, text } of jsonSchemas()) {
    const committed: unknown = JSON.parse(await readFile(join(ROOT, 'docs/schema', file), 'utf8'));
    t.deepEqual(
      committed,
      JSON.parse(text),
      `${file}: run node build/src/builder/recipe/write-schemas.js`,
    );
  }
});

test('recipes are described with the editions that have them', async (t) => {
  const all = await describeRecipes(RECIPES);
  t.deepEqual(all.find(({ name }) => name === 'firmware')?.editions, [
    { name: 'debian-12', optional: true },
    { name: 'debian-13', optional: true },
  ]);
  t.like(
    all.find(({ name }) => name === 'lab'),
    { layer: 'tools', origin: 'distribution', directory: join(ROOT, 'recipes/lab') },
  );
  t.deepEqual(
    (await describeRecipes(RECIPES, 'lab')).map(({ name }) => name),
    ['lab'],
  );
  const [linux] = (await describeRecipes(RECIPES, 'debian-13')).filter(
    ({ name }) => name === 'linux',
  );
  t.deepEqual(linux?.packages, ['linux-image-amd64']);
});
