// Files of all names are hashed; one that cannot be read has no digest.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import { digestWithProgram } from '../../src/installer/digest-program.ts';
import { temporaryDirectory } from '../temporary.ts';

test('whatever the name of a file is, its digest is found', async (t) => {
  const directory = await temporaryDirectory(t);
  for (const name of ['plain', 'two  blanks', 'a\nline', 'back\\slash', 'ünïcödé', '-dash']) {
    const path = join(directory, name);
    await writeFile(path, name);
    t.is(await digestWithProgram(path), digestOf(name));
  }
  t.is(await digestWithProgram(join(directory, 'missing')), undefined);
});
