import { cp, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { digestModule, importClosure } from '../../../src/builder/step/code.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const MODULES = {
  'step.js': [
    "import { a } from './a.js';",
    "import './effect.js';",
    "import fs from 'node:fs';",
    "import zod from 'zod';",
    "export { b } from './lib/b.js';",
    "const late = await import('./late.js');",
    'import {',
    '  c,',
    "} from './lib/c.js';",
  ].join('\n'),
  'a.js': "import '../m/step.js';\n",
  'effect.js': '',
  'late.js': '',
  'lib/b.js': "import { c } from './c.js';\n",
  'lib/c.js': 'export const c = 1;\n',
  'other.js': '',
};

test('every kind of relative import is followed, circles too, and packages are not', async (t) => {
  const directory = join(await temporaryDirectory(t), 'm');
  await writeFiles(directory, MODULES);
  const found = importClosure(join(directory, 'step.js')).map((file) => relative(directory, file));
  t.deepEqual(found, ['a.js', 'effect.js', 'late.js', 'lib/b.js', 'lib/c.js', 'step.js']);
});

test('the digest follows the code behind a module and not the place of the checkout', async (t) => {
  const directory = await temporaryDirectory(t);
  const digestIn = async (name: string, changed?: string) => {
    await writeFiles(join(directory, name, 'm'), MODULES);
    if (changed !== undefined) await writeFile(join(directory, name, 'm', changed), '// mended\n');
    return digestModule(pathToFileURL(join(directory, name, 'm/step.js')).href);
  };
  const first = await digestIn('first');
  t.is(await digestIn('moved'), first);
  t.not(await digestIn('deep', 'lib/c.js'), first);
  t.is(await digestIn('beside', 'other.js'), first);
});

test('a module that is missing is named', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { 'step.js': "import './gone.js';\n" });
  const error = t.throws(() => digestModule(pathToFileURL(join(directory, 'step.js')).href));
  t.regex(error.message, /ENOENT.*gone\.js/);
  await cp(join(directory, 'step.js'), join(directory, 'gone.js'));
  t.notThrows(() => digestModule(pathToFileURL(join(directory, 'step.js')).href));
});
