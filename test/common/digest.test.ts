import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestFile, digestOf } from '../../src/common/digest.ts';
import { temporaryDirectory } from '../temporary.ts';

test('a file is digested whole or in part, also where it is larger than what is read at once', async (t) => {
  const file = join(await temporaryDirectory(t), 'file');
  const data = Buffer.alloc(2_500_000, 'some text that does not divide evenly');
  await writeFile(file, data);
  t.is(await digestFile(file), digestOf(data));
  t.is(await digestFile(file, { start: 10 }), digestOf(data.subarray(10)));
  t.is(await digestFile(file, { start: 7, end: 7 }), digestOf(data.subarray(7, 8)));
  t.is(await digestFile(file, { end: 1_999_999 }), digestOf(data.subarray(0, 2_000_000)));
  t.is(
    await digestFile(file, { start: 2_400_000, end: 9_999_999 }),
    digestOf(data.subarray(2_400_000)),
  );
  await writeFile(file, '');
  t.is(await digestFile(file), digestOf(''));
});
