import { chmod, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestFile } from '../../src/common/digest.ts';
import { copyFileAtomic } from '../../src/common/files.ts';
import { run } from '../../src/common/process.ts';
import { temporaryDirectory } from '../temporary.ts';

test('a copy has content and mode of its source, however large', async (t) => {
  const directory = await temporaryDirectory(t);
  // The second goes past the page cache, and its size is no multiple of a sector.
  for (const size of [1000, 64 * 1024 * 1024 + 777]) {
    const source = join(directory, `source ${size}`);
    await writeFile(source, 'start');
    const file = await open(source, 'r+');
    await file.write('end', size - 3);
    await file.close();
    await chmod(source, 0o640);
    const target = join(directory, 'out', `copy ${size}`);
    await copyFileAtomic(source, target);
    t.is(await digestFile(target), await digestFile(source));
    t.is((await stat(target)).mode & 0o7777, 0o640);
  }
  t.deepEqual((await readdir(join(directory, 'out'))).length, 2);
});

const root = process.getuid?.() === 0;

(root ? test : test.skip)('a full disk is told, and nothing is left', async (t) => {
  const directory = await temporaryDirectory(t);
  const source = join(directory, 'source');
  await writeFile(source, Buffer.alloc(64 * 1024 * 1024, 'x'));
  const small = join(directory, 'small');
  await mkdir(small);
  await run(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]);
  t.teardown(() => run(['umount', small]));
  await t.throwsAsync(copyFileAtomic(source, join(small, 'copy')), { code: 'ENOSPC' });
  t.deepEqual(await readdir(small), []);
});
