// Programs that are slow, that fail, and that leave others behind.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, endWithParent, run, start } from '../../src/common/process.ts';
import type { KronosError } from '../../src/common/error.ts';
import { temporaryDirectory } from '../temporary.ts';

async function refusal(promise: Promise<unknown>): Promise<KronosError> {
  try {
    await promise;
  } catch (error) {
    return error as KronosError;
  }
  throw new Error('nothing was refused');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a program that leaves another one with its pipes behind is not waited for', async (t) => {
  const result = await run(['sh', '-c', 'sleep 30 & echo $!; echo warning >&2']);
  process.kill(Number(result.stdout));
  t.is(result.stderr, 'warning');
  t.true(result.seconds < 20);
});

test('a timeout ends the waiting, whatever the program has started', async (t) => {
  const started = performance.now();
  const error = await refusal(run(['sh', '-c', 'sleep 30; true'], { timeoutSeconds: 0.2 }));
  t.is(error.code, 'io/command-timeout');
  t.true(performance.now() - started < 20_000);
});

test('a cancelled program is stopped', async (t) => {
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort();
  }, 100);
  const error = await refusal(run(['sh', '-c', 'sleep 30; true'], { signal: stop.signal }));
  t.is(error.code, 'interrupted/cancelled');
});

test('output that comes after a pause of the program that it is written by is read to its end', async (t) => {
  const { stdout } = await run(['sh', '-c', '(sleep 1.5; seq 20000) &']);
  t.is(stdout.split('\n').length, 20000);
});

test('what goes to a file is there byte by byte', async (t) => {
  const file = join(await temporaryDirectory(t), 'output');
  const bytes = Buffer.from(Array.from({ length: 256 * 1024 }, (_, index) => index % 251));
  const source = `${file}.source`;
  await writeFile(source, bytes);
  const { stdout } = await run(['cat', source], { outputFile: file });
  t.is(stdout, '');
  t.deepEqual(await readFile(file), bytes);
});

test('a program that is not there, and one that fails', async (t) => {
  t.is((await refusal(run(['/nonexistent/program']))).code, 'dependency/tool-missing');
  const error = await refusal(run(['sh', '-c', 'echo said; echo reason >&2; exit 3']));
  t.true(error instanceof CommandError);
  t.is(error.message, 'sh failed with exit code 3:\n    reason');
  t.is((await run(['sh', '-c', 'exit 3'], { accept: [3] })).exitCode, 3);
});

test('of a program that ends with us, only the program itself is spoken of', async (t) => {
  const missing = await refusal(run(endWithParent(['/nonexistent/program'])));
  t.is(missing.code, 'dependency/tool-missing');
  t.is(missing.message, 'cannot run /nonexistent/program: ENOENT');
  const failed = await refusal(run(endWithParent(['sh', '-c', 'exit 3'])));
  t.is(failed.message, 'sh failed with exit code 3');
});

test('a program that is to end with its parent does, also when the parent is killed', async (t) => {
  const parent = start([
    'sh',
    '-c',
    '"$@" & echo $!; wait',
    'sh',
    ...endWithParent(['sleep', '30']),
  ]);
  const child = await new Promise<number>((resolve) =>
    parent.stdout?.once('data', (data: Buffer) => {
      resolve(Number(data.toString()));
    }),
  );
  // Killed before the kernel was told, it would not know: give setpriv its moment.
  await sleep(500);
  t.true(isAlive(child));
  parent.kill('SIGKILL');
  await parent.done;
  for (let round = 0; isAlive(child) && round < 50; round += 1) await sleep(100);
  t.false(isAlive(child));
});
