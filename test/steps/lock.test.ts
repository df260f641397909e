// One installation at a time.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { lockHolder, takeLock } from '../../src/steps/lock.ts';
import { temporaryDirectory } from '../temporary.ts';

test('one takes the lock, the other is told who has it, and it is free again', async (t) => {
  const path = join(await temporaryDirectory(t), 'run', 'install.lock');
  t.is(await lockHolder(path), undefined);
  const first = await takeLock('tty1', path);
  if ('holder' in first) throw new Error('nobody had it');
  const second = await takeLock('hvc0', path);
  t.like('holder' in second ? second.holder : undefined, { pid: process.pid, terminal: 'tty1' });
  await first.release();
  t.is(await lockHolder(path), undefined);
  t.false('holder' in (await takeLock('hvc0', path)));
  t.deepEqual(await readdir(join(path, '..')), ['install.lock']);
});

for (const [what, text] of [
  ['of a process that is gone', '{"pid":999999999,"terminal":"tty1","began":"1"}'],
  ['of an older process of the same number', '{"pid":1,"terminal":"tty1","began":"0"}'],
  ['that is broken', '{"pid":'],
  ['that is empty', ''],
] as const) {
  test(`a lock ${what} counts for nothing`, async (t) => {
    const path = join(await temporaryDirectory(t), 'install.lock');
    await writeFile(path, text);
    t.is(await lockHolder(path), undefined);
    t.false('holder' in (await takeLock('hvc0', path)));
    t.regex(await readFile(path, 'utf8'), /"terminal":"hvc0"/);
  });
}

test('of many at once, also over a stale lock, exactly one gets it', async (t) => {
  const path = join(await temporaryDirectory(t), 'install.lock');
  await writeFile(path, '{"pid":999999999,"terminal":"tty1","began":"1"}');
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock('hvc0', path)));
  const got = all.filter((one) => one.status === 'fulfilled' && !('holder' in one.value));
  t.true(got.length <= 1, 'never two');
  t.not(await lockHolder(path), undefined);
});
