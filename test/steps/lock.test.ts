// One installation at a time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
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
  for (let round = 0; round < 10; round += 1) {
    await writeFile(path, '{"pid":999999999,"terminal":"tty1","began":"1"}');
    const all = await Promise.all(Array.from({ length: 8 }, () => takeLock('hvc0', path)));
    const got = all.flatMap((one) => ('holder' in one ? [] : [one.release]));
    t.is(got.length, 1);
    t.like(await lockHolder(path), { pid: process.pid });
    await got[0]?.();
  }
});

test('many who take it in turn never have it two at a time', async (t) => {
  const path = join(await temporaryDirectory(t), 'install.lock');
  let inside = 0;
  let turns = 0;
  const takeTurns = async (): Promise<void> => {
    while (turns < 60) {
      const taken = await takeLock('hvc0', path);
      if ('holder' in taken) continue;
      inside += 1;
      turns += 1;
      t.is(inside, 1);
      await setImmediate();
      inside -= 1;
      await taken.release();
    }
  };
  await Promise.all(Array.from({ length: 6 }, takeTurns));
});

test('a lock is gone with its process, however that ended', async (t) => {
  const path = join(await temporaryDirectory(t), 'install.lock');
  const url = JSON.stringify(new URL('../../src/steps/lock.js', import.meta.url).href);
  const program = `const { takeLock } = await import(${url});
    await takeLock('tty9', ${JSON.stringify(path)});
    process.stdout.write('taken');
    setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(other, 'exit');
  t.teardown(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  const second = await takeLock('hvc0', path);
  t.like('holder' in second ? second.holder : undefined, { pid: other.pid, terminal: 'tty9' });
  other.kill('SIGKILL');
  await ended;
  t.false('holder' in (await takeLock('hvc0', path)));
});
