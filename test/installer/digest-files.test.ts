// Files of all names are hashed; one that cannot be read is told as such and does not stop the others.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../src/common/digest.ts';
import { digestFiles } from '../../src/installer/digest-files.ts';
import { temporaryDirectory } from '../temporary.ts';

test('digests come in the order of the files', async (t) => {
  const directory = await temporaryDirectory(t);
  const names = ['plain', 'two  blanks', 'a\nline', 'ünïcödé', '-dash', ...numbered(1200)];
  const files = names.map((name) => ({ path: join(directory, name), size: name.length }));
  for (const { path } of files) await writeFile(path, path);
  files.splice(3, 0, { path: join(directory, 'missing'), size: 5 });
  const told: number[] = [];
  const found = await digestFiles(files, (done, total) => told.push(done / total));
  t.deepEqual(
    found,
    files.map(({ path }) => (path.endsWith('/missing') ? undefined : digestOf(path))),
  );
  t.is(told.at(-1), 1);
  t.deepEqual(await digestFiles([]), []);
});

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `file-${index}`);
}
