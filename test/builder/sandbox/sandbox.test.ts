import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { KronosError } from '../../../src/common/error.ts';
import { start } from '../../../src/common/process.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { temporaryDirectory } from '../../temporary.ts';
import type { Failure } from './jobs/fail.ts';
import type { Look } from './jobs/look.ts';

const IDLE = new AbortController().signal;

function job(name: string): string {
  return new URL(`jobs/${name}.js`, import.meta.url).href;
}

test('a job is root on its own, mounts, talks, and its mounts are gone with it', async (t) => {
  const directory = join(await temporaryDirectory(t), 'a place');
  await mkdir(directory);
  process.env['KRONOS_TEST_SECRET'] = 'secret';
  const said: string[] = [];
  const tell = (kind: string) => (text: string) => said.push(`${kind}: ${text}`);
  const look = await runInSandbox<Look>(
    job('look'),
    { directory, echo: 'ünïcode "\n' },
    {
      progress: { note: tell('note'), log: tell('log'), warn: tell('warn') },
      signal: IDLE,
      path: '/first',
    },
  );
  t.is(look.uid, 0);
  t.is(look.umask, 0o022);
  t.is(look.hostname, 'kronos-build');
  t.deepEqual(look.networks, []);
  t.true(look.processes.includes('1') && look.processes.length < 5, look.processes.join(' '));
  t.like(look.environment, { HOME: '/root', LC_ALL: 'C.UTF-8', TZ: 'UTC' });
  t.is(look.environment['KRONOS_TEST_SECRET'], undefined);
  t.regex(look.environment['PATH'] ?? '', /^\/first:\/usr\/local\/sbin:/);
  t.regex(look.mount ?? '', /^tmpfs .* tmpfs /);
  t.is(look.echo, 'ünïcode "\n');
  t.deepEqual(said, ['note: mounting', 'log: a line', 'warn: careful']);
  t.deepEqual(await readdir(directory), []);
  t.false((await readFile('/proc/self/mountinfo', 'utf8')).includes('a\\040place'));
});

async function fail(how: Failure): Promise<unknown> {
  return runInSandbox(job('fail'), how, { progress: SILENT, signal: IDLE }).catch(
    (error: unknown) => error,
  );
}

test('errors come through with code, hint and details, defects with their stack', async (t) => {
  const known = await fail('known');
  t.true(known instanceof KronosError);
  t.like(known, {
    ...{ code: 'verification/unowned-file', message: 'not well', hint: 'do this' },
    details: { paths: ['/a'] },
  });
  const defect = await fail('defect');
  t.false(defect instanceof KronosError);
  t.regex((defect as Error).stack ?? '', /TypeError: a defect\n.*fail\.ts/);
});

test('a job that is killed is told with its last words', async (t) => {
  const error = await fail('killed');
  t.true(error instanceof KronosError);
  t.is((error as KronosError).code, 'internal/sandbox-died');
  t.regex((error as KronosError).message, /last words/);
});

/** A socket that counts who holds it; `count(n)` resolves as soon as there are n. */
async function listen(t: ExecutionContext) {
  const path = join(await temporaryDirectory(t), 'socket');
  let held = 0;
  let changed: () => void = () => undefined;
  const server = createServer((connection) => {
    held += 1;
    changed();
    connection.on('error', () => undefined);
    connection.on('close', () => {
      held -= 1;
      changed();
    });
    connection.resume();
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  const count = (wanted: number) =>
    new Promise<void>((resolve) => {
      changed = () => {
        if (held === wanted) resolve();
      };
      changed();
    });
  return { path, count };
}

test('when the builder is killed, everything inside ends', async (t) => {
  const { path, count } = await listen(t);
  const parent = start([process.execPath, fileURLToPath(job('parent')), path]);
  t.teardown(() => parent.kill('SIGKILL'));
  await count(2);
  parent.kill('SIGKILL');
  await parent.done;
  await count(0);
  t.pass();
});

test('a stop ends the job and everything that it started', async (t) => {
  const { path, count } = await listen(t);
  const controller = new AbortController();
  const running = runInSandbox(
    job('hold'),
    { socket: path },
    { progress: SILENT, signal: controller.signal },
  );
  await count(2);
  controller.abort();
  const error = await t.throwsAsync(running, { instanceOf: KronosError });
  t.is(error.code, 'interrupted/cancelled');
  await count(0);
});

test('nothing is started once the work was stopped', async (t) => {
  const reason = new KronosError('interrupted/signal', 'stopped');
  const options = { progress: SILENT, signal: AbortSignal.abort(reason) };
  t.is(await t.throwsAsync(runInSandbox(job('fail'), 'known', options)), reason);
});
