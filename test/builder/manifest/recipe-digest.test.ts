import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { digestRecipe } from '../../../src/builder/manifest/recipe-digest.ts';
import { recipe } from './fixture.ts';

test('a recipe is known by what it says and copies, not by where it is', async (t) => {
  const base = await mkdtemp(join(tmpdir(), 'kronos-recipe-'));
  try {
    for (const name of ['one', 'two', 'three']) {
      await writeFile(join(base, name), name === 'three' ? 'other' : 'content');
    }
    const made = (source: string, line: number) =>
      recipe('base', {
        directory: join(base, source),
        packages: [{ name: 'a', location: { file: source, line } }],
        files: [
          {
            path: '/etc/a',
            source: join(base, source),
            mode: 0o644,
            location: { file: source, line },
          },
        ],
        location: { file: source },
      });
    const first = await digestRecipe(made('one', 1));
    t.is(await digestRecipe(made('two', 2)), first);
    t.not(await digestRecipe(made('three', 1)), first);
    t.not(await digestRecipe({ ...made('one', 1), modules: ['xen'] }), first);
  } finally {
    await rm(base, { recursive: true, force: true });
  }
});
