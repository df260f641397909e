import test from 'ava';
import fc from 'fast-check';
import { KronosError, KronosErrors } from '../../src/common/error.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import { runSteps, type Step } from '../../src/steps/run.ts';

interface Context {
  calls: string[];
}

/** A step that writes down what is called. */
function step(name: string, more: Partial<Step<Context>> = {}): Step<Context> {
  return {
    name,
    title: `Doing ${name}`,
    weight: 1,
    apply: ({ calls }) => {
      calls.push(`apply ${name}`);
      return Promise.resolve();
    },
    ...more,
  };
}

async function runAll(
  steps: readonly Step<Context>[],
  signal = new AbortController().signal,
): Promise<{ calls: string[]; events: StepEvent[]; error: unknown }> {
  const calls: string[] = [];
  const events: StepEvent[] = [];
  const sink = (event: StepEvent): void => {
    events.push(event);
    calls.push(`${event.state} ${event.step}`);
  };
  try {
    await runSteps(steps, { calls }, { stage: 'install', sink, signal });
    return { calls, events, error: undefined };
  } catch (error) {
    return { calls, events, error };
  }
}

const wasDone = (
  name: string,
  done: boolean,
): Required<Pick<Step<Context>, 'probe' | 'verify'>> => ({
  probe: ({ calls }) => {
    calls.push(`probe ${name}`);
    return Promise.resolve(done);
  },
  verify: ({ calls }) => {
    calls.push(`verify ${name}`);
    return Promise.resolve();
  },
});

test('a step looks, does and looks again; what is done already is skipped', async (t) => {
  const { calls, error } = await runAll([
    step('one'),
    step('two', wasDone('two', false)),
    step('three', wasDone('three', true)),
  ]);
  t.is(error, undefined);
  t.deepEqual(calls, [
    ...['started one', 'apply one', 'finished one'],
    ...['started two', 'probe two', 'apply two', 'verify two', 'finished two'],
    ...['started three', 'probe three', 'skipped three'],
  ]);
});

test('every event says when, what, and how far the run is', async (t) => {
  const { events } = await runAll([step('one', { weight: 3 }), step('two')]);
  t.deepEqual(
    events.map(({ percent }) => percent),
    [0, 75, 75, 100],
  );
  for (const { time, stage, message, step: name } of events) {
    t.is(new Date(time).toISOString(), time);
    t.is(stage, 'install');
    t.is(message, `Doing ${name}`);
  }
});

test('a failure is told with code and hint, and nothing follows', async (t) => {
  const broken = new KronosError('io/no-space', 'the disk is full', { hint: 'take a larger one' });
  const { calls, events, error } = await runAll([
    step('one'),
    step('two', { apply: () => Promise.reject(broken) }),
    step('three'),
  ]);
  t.is(error, broken);
  t.is(calls.at(-1), 'failed two');
  const last = events.at(-1);
  t.like(last, { code: 'io/no-space', hint: 'take a larger one', percent: 33 });
  t.is(last?.message, 'error io/no-space: the disk is full\n  hint: take a larger one');
});

test('a probe or a verification that fails ends the run like any other failure', async (t) => {
  const fails = (): Promise<never> =>
    Promise.reject(new KronosError('verification/differs', 'not what was written'));
  for (const [key, expected] of [
    ['probe', ['started one', 'failed one']],
    ['verify', ['started one', 'apply one', 'failed one']],
  ] as const) {
    const { calls, error } = await runAll([step('one', { [key]: fails }), step('two')]);
    t.true(error instanceof KronosError);
    t.deepEqual(calls, expected);
  }
});

test('an error that nobody foresaw is told as a defect', async (t) => {
  const { events } = await runAll([
    step('one', { apply: () => Promise.reject(new TypeError('x')) }),
  ]);
  t.is(events.at(-1)?.code, 'internal/defect');
  const several = new KronosErrors([
    new KronosError('host/one', 'one'),
    new KronosError('host/two', 'two'),
  ]);
  const second = await runAll([step('one', { apply: () => Promise.reject(several) })]);
  t.is(second.events.at(-1)?.code, 'host/one');
  t.regex(second.events.at(-1)?.message ?? '', /host\/one[^]*host\/two/);
});

test('a run is stopped between two steps, never within one', async (t) => {
  const abort = new AbortController();
  const { calls, error } = await runAll(
    [
      step('one', {
        apply: () => {
          abort.abort();
          return Promise.resolve();
        },
        ...{ verify: wasDone('one', false).verify },
      }),
      step('two'),
    ],
    abort.signal,
  );
  t.deepEqual(calls, ['started one', 'verify one', 'finished one']);
  t.true(error instanceof KronosError);
  t.like(error, { code: 'interrupted/cancelled', message: 'stopped before: Doing two' });
});

test('notes are told at once, bytes once a second', async (t) => {
  const { events } = await runAll([
    step('one', {
      apply: (_context, progress) => {
        progress.note('looking');
        for (let done = 0; done <= 100; done += 1) progress.bytes(done, 100);
        return Promise.resolve();
      },
    }),
  ]);
  const told = events.filter(({ state }) => state === 'progress');
  t.is(told[0]?.message, 'looking');
  t.true(told.length <= 2, String(told.length));
  t.like(told[1] ?? { bytes: 0, total: 100 }, { total: 100 });
});

test('percents never fall and end at 100, whatever steps tell', async (t) => {
  const part = fc.record({
    weight: fc.integer({ min: 1, max: 40 }),
    told: fc.array(fc.tuple(fc.nat(300), fc.nat(200)), { maxLength: 4 }),
    skipped: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
      const { events } = await runAll(
        parts.map(({ weight, told, skipped }, index) =>
          step(String(index), {
            weight,
            probe: () => Promise.resolve(skipped),
            apply: (_context, progress) => {
              for (const [done, total] of told) progress.bytes(done, total);
              progress.note('half way');
              return Promise.resolve();
            },
          }),
        ),
      );
      const percents = events.map(({ percent }) => percent);
      t.is(percents.at(-1), 100);
      t.true(percents.every((percent, index) => percent >= (percents[index - 1] ?? 0)));
      t.true(percents.every((percent) => Number.isInteger(percent) && percent <= 100));
    }),
  );
});
