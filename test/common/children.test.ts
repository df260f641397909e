// What we started does not outlive us, however we end.
import { join } from 'node:path';
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '../../src/common/process.ts';

const PROCESS = join(import.meta.dirname, '../../../build/src/common/process.js');

/** A program that starts `sleep`, prints its number, and then does what `ending` says. */
function parentWith(ending: string) {
  const script = [
    `import { start } from ${JSON.stringify(PROCESS)};`,
    "const child = start(['sleep', '60']);",
    'process.stdout.write(String(child.pid));',
    'const waiting = setInterval(() => undefined, 1000);',
    ending,
  ].join('\n');
  return start(['node', '--input-type=module', '--eval', script]);
}

async function childOf(parent: ReturnType<typeof start>): Promise<number> {
  return new Promise((resolve) =>
    parent.stdout?.once('data', (data: Buffer) => {
      resolve(Number(data.toString()));
    }),
  );
}

async function isGone(pid: number): Promise<boolean> {
  for (let round = 0; round < 100; round += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(100);
  }
  process.kill(pid);
  return false;
}

test('a signal that nobody listens for ends us as it does without children, and them', async (t) => {
  const parent = parentWith('');
  const child = await childOf(parent);
  parent.kill('SIGTERM');
  t.is(await parent.done, -1);
  t.true(await isGone(child));
});

test('where somebody listens for the signal, it is theirs to say what ends', async (t) => {
  const parent = parentWith("process.on('SIGTERM', () => process.stdout.write('heard'));");
  const child = await childOf(parent);
  const heard = new Promise((resolve) => parent.stdout?.once('data', resolve));
  parent.kill('SIGTERM');
  t.is(String(await heard), 'heard');
  process.kill(child, 0);
  parent.kill('SIGKILL');
  process.kill(child);
  t.is(await parent.done, -1);
});

test('who exits takes the children along', async (t) => {
  const parent = parentWith('setTimeout(() => process.exit(3), 300);');
  const child = await childOf(parent);
  t.is(await parent.done, 3);
  t.true(await isGone(child));
});
