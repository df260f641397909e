import { execFileSync } from 'node:child_process';
import { readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeWorkDirectory, removeStaleWork } from '../../../src/builder/step/work.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

test('directories of this process stay, those of gone ones and foreign things go', async (t) => {
  const parent = join(await temporaryDirectory(t), 'work');
  const mine = await makeWorkDirectory(parent);
  const own = mine.slice(parent.length + 1);
  await writeFile(join(mine, 'file'), 'x');
  // The id of a process that has ended, one that has begun anew under the same id, and something without a process.
  const ended = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  const [namespace, pid, start] = own.split(/[.-]/);
  const reborn = `${namespace ?? ''}.${pid ?? ''}.${Number(start) - 1}-abcdef`;
  await writeFiles(parent, {
    [`${namespace ?? ''}.${ended}.1-abcdef/file`]: 'x',
    [`${reborn}/file`]: 'x',
    'older-version/file': 'x',
  });
  await removeStaleWork(parent);
  t.deepEqual(await readdir(parent), [own]);
  t.is(await readFile(join(mine, 'file'), 'utf8'), 'x');
});

test('two directories of one process are two', async (t) => {
  const parent = await temporaryDirectory(t);
  t.not(await makeWorkDirectory(parent), await makeWorkDirectory(parent));
});

test('what another container works in is left alone for a day', async (t) => {
  const parent = await temporaryDirectory(t);
  const mine = await makeWorkDirectory(parent);
  const foreign = join(parent, '1.1.1-abcdef');
  await rename(mine, foreign);
  await removeStaleWork(parent);
  t.deepEqual(await readdir(parent), ['1.1.1-abcdef']);
  const yesterday = Date.now() / 1000 - 25 * 3600;
  await utimes(foreign, yesterday, yesterday);
  await removeStaleWork(parent);
  t.deepEqual(await readdir(parent), []);
});

test('a parent that is not there is no failure', async (t) => {
  await t.notThrowsAsync(removeStaleWork(join(await temporaryDirectory(t), 'none')));
});
