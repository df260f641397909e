import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makePlain } from '../../../src/builder/packages/plain.ts';
import type { Archive } from '../../../src/builder/packages/unpack.ts';
import { KronosError } from '../../../src/common/error.ts';
import { run } from '../../../src/common/process.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDeb, names } from './deb.ts';

test('a copy without compression is the same package to dpkg', async (t) => {
  const directory = await temporaryDirectory(t);
  const archives: Archive[] = [];
  for (const name of ['one', 'two']) {
    const files = { [`usr/${name}`]: name.repeat(5000) };
    archives.push(await makeDeb(directory, { name, files, packed: true }));
  }
  const target = join(directory, 'plain');
  const copies = await makePlain(archives, target);
  t.deepEqual(
    copies.map(({ name, file }) => [name, file]),
    [
      ['one', join(target, '0.deb')],
      ['two', join(target, '1.deb')],
    ],
  );
  t.deepEqual(await names(target), ['0.deb', '1.deb']);
  for (const [index, { file }] of copies.entries()) {
    const from = archives[index]?.file ?? '';
    t.true((await readFile(file)).includes('data.tar   '));
    t.false((await readFile(from)).includes('data.tar   '));
    for (const ask of ['--info', '--contents', '--field'] as const) {
      const say = async (path: string): Promise<string> =>
        (await run(['dpkg-deb', ask, path])).stdout.replace(/size \d+ bytes.*/, '');
      t.is(await say(file), await say(from));
    }
  }
});

test('a package that is cut off is named', async (t) => {
  const directory = await temporaryDirectory(t);
  const whole = await makeDeb(directory, { name: 'whole' });
  const cut = await makeDeb(directory, { name: 'cut', files: { 'a/file': 'x'.repeat(9000) } });
  await truncate(cut.file, 5000);
  const error = await t.throwsAsync(makePlain([whole, cut], join(directory, 'plain')), {
    instanceOf: KronosError,
  });
  t.is(error.code, 'verification/package-damaged');
  t.regex(error.message, /unpacking cut\.deb failed/);
});
