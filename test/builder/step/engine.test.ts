import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { createEngine, stepDirectory } from '../../../src/builder/step/engine.ts';
import type { Step, StepContext } from '../../../src/builder/step/step.ts';
import { KronosError } from '../../../src/common/error.ts';
import { exists } from '../../../src/common/files.ts';
import { UNOBSERVED, type BuildObserver } from '../../../src/common/progress.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

interface Scene {
  cache: string;
  engine: (
    scope?: string,
    observer?: BuildObserver,
    signal?: AbortSignal,
  ) => ReturnType<typeof createEngine>;
  step: (inputs: Step['inputs'], run?: (context: StepContext) => Promise<void>) => Step;
}

async function scene(t: ExecutionContext): Promise<Scene> {
  const cache = await temporaryDirectory(t);
  const idle = new AbortController().signal;
  return {
    cache,
    engine: (scope = 'test', observer = UNOBSERVED, signal = idle) =>
      createEngine({ cache, scope, observer, signal }),
    step: (inputs, run) => ({
      name: 'sample',
      title: 'Make a sample',
      module: import.meta.url,
      inputs,
      run: run ?? (({ directory }) => writeFile(join(directory, 'file'), 'text')),
    }),
  };
}

test('the same inputs run once, for every engine on the cache', async (t) => {
  const { step, engine, cache } = await scene(t);
  const first = await (await engine()).ensure(step({ epoch: 1, list: ['a'] }));
  t.false(first.reused);
  t.is(first.reason, 'ran: never made before');
  t.is(first.directory, stepDirectory(cache, first.key));
  t.is(await readFile(join(first.directory, 'file'), 'utf8'), 'text');
  await utimes(first.directory, 1, 1);

  const again = await (
    await engine()
  ).ensure(step({ list: ['a'], epoch: 1 }, () => Promise.reject(new Error('must not run'))));
  t.true(again.reused);
  t.is(again.reason, 'reused: no input changed');
  t.is(again.key, first.key);
  t.true((await stat(first.directory)).mtimeMs > 1e12, 'the time of last use is kept');
  t.deepEqual(await readdir(join(cache, 'work')), []);
});

test('a changed input runs anew and is named; going back costs nothing', async (t) => {
  const { step, engine } = await scene(t);
  const one = await engine();
  const first = await one.ensure(step({ epoch: 1, 'lock: tools': ['a=1'] }));
  const second = await one.ensure(step({ epoch: 1, 'lock: tools': ['a=2'] }));
  t.not(first.key, second.key);
  t.is(second.reason, 'ran: lock: tools changed');
  const back = await one.ensure(step({ epoch: 1, 'lock: tools': ['a=1'] }));
  t.true(back.reused);
  // The explanation speaks of the last build, which was of the first inputs again.
  const third = await one.ensure(step({ epoch: 2, 'lock: tools': ['a=1'] }));
  t.is(third.reason, 'ran: epoch changed');
  t.is((await (await engine('other')).ensure(step({ epoch: 3 }))).reason, 'ran: never made before');
});

test('an output that somebody removed is made again', async (t) => {
  const { step, engine } = await scene(t);
  const one = await engine();
  const first = await one.ensure(step({ epoch: 1 }));
  await rm(first.directory, { recursive: true });
  const again = await one.ensure(step({ epoch: 1 }));
  t.is(again.reason, 'ran: its output was no longer in the cache');
  // A part of an output without its record is no output; it is replaced whole.
  await rm(join(first.directory, '.step.json'));
  await writeFile(join(first.directory, 'rest'), '');
  t.false((await one.ensure(step({ epoch: 1 }))).reused);
  t.deepEqual((await readdir(first.directory)).sort(), ['.step.json', 'file']);
});

test('the output is not there before the work has ended, then it is there whole', async (t) => {
  const { step, engine, cache } = await scene(t);
  const one = await engine();
  const sample = step({ epoch: 1 }, async ({ directory, scratch }) => {
    await writeFile(join(directory, 'first'), '');
    await writeFile(join(scratch, 'aside'), '');
    t.false(await exists(stepDirectory(cache, one.keyOf(sample))));
    await writeFile(join(directory, 'second'), '');
  });
  const { directory } = await one.ensure(sample);
  t.deepEqual((await readdir(directory)).sort(), ['.step.json', 'first', 'second']);
});

test('a failure leaves nothing, is told once, and the next attempt runs', async (t) => {
  const { step, engine, cache } = await scene(t);
  const told: unknown[] = [];
  const one = await engine('test', {
    ...UNOBSERVED,
    stepStarted: (name) => told.push(`started ${name}`),
    stepFailed: (name, error) => told.push(`failed ${name}`, error),
  });
  const failure = new KronosError('io/package-install', 'no');
  const bad = step({ epoch: 1 }, async ({ directory }) => {
    await writeFile(join(directory, 'half'), '');
    throw failure;
  });
  t.is(await t.throwsAsync(one.ensure(bad)), failure);
  t.deepEqual(told, ['started sample', 'failed sample', failure]);
  t.false(await exists(stepDirectory(cache, one.keyOf(bad))));
  t.deepEqual(await readdir(join(cache, 'work')), []);
  t.is((await one.ensure(step({ epoch: 1 }))).reason, 'ran: never made before');
});

test('work that ends after a stop is not kept', async (t) => {
  const { step, engine, cache } = await scene(t);
  const controller = new AbortController();
  const one = await engine('test', UNOBSERVED, controller.signal);
  const sample = step({ epoch: 1 }, () => {
    controller.abort();
    return Promise.resolve();
  });
  const error = await t.throwsAsync(one.ensure(sample), { instanceOf: KronosError });
  t.is(error.code, 'interrupted/cancelled');
  t.false(await exists(stepDirectory(cache, one.keyOf(sample))));
});

test('a full disk is told as one', async (t) => {
  const { step, engine } = await scene(t);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
  });
  const running = (await engine()).ensure(step({}, () => Promise.reject(full)));
  const error = await t.throwsAsync(running, { instanceOf: KronosError });
  t.is(error.code, 'io/disk-full');
});

test('two engines at once with the same key: one output, and both have it', async (t) => {
  const { step, engine, cache } = await scene(t);
  const both = [await engine(), await engine()];
  // Neither ends before both have begun.
  let waiting = 0;
  let release: () => void = () => undefined;
  const met = new Promise<void>((resolve) => (release = resolve));
  const results = await Promise.all(
    both.map(async (one) =>
      one.ensure(
        step({ epoch: 1 }, async ({ directory }) => {
          await writeFile(join(directory, 'file'), 'text');
          waiting += 1;
          if (waiting === 2) release();
          await met;
        }),
      ),
    ),
  );
  t.is(waiting, 2);
  t.is(results[0]?.directory, results[1]?.directory);
  t.deepEqual((await readdir(results[0]?.directory ?? '')).sort(), ['.step.json', 'file']);
  t.deepEqual(await readdir(join(cache, 'work')), []);
});

test('other code, another name: another key', async (t) => {
  const { step, engine, cache } = await scene(t);
  const one = await engine();
  const keys = new Set([one.keyOf(step({}))]);
  for (const text of ['export const a = 1;\n', 'export const a = 2;\n']) {
    const file = join(cache, 'code', String(keys.size), 'step.js');
    await writeFiles('/', { [file]: text });
    keys.add(one.keyOf({ ...step({}), module: pathToFileURL(file).href }));
  }
  keys.add(one.keyOf({ ...step({}), name: 'other' }));
  t.is(keys.size, 4);
});

test('a damaged note of the last build costs the explanation only', async (t) => {
  const { step, engine, cache } = await scene(t);
  const one = await engine();
  await one.ensure(step({ epoch: 1 }));
  await writeFile(join(cache, 'last/test/sample.json'), '{"inputs":');
  const again = await one.ensure(step({ epoch: 2 }));
  t.is(again.reason, 'ran: never made before');
  await writeFile(join(cache, 'last/test/sample.json'), 'null');
  t.is((await one.ensure(step({ epoch: 3 }))).reason, 'ran: never made before');
});
