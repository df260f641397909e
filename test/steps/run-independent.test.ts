import test from 'ava';
import { KronosError } from '../../src/common/error.ts';
import type { StepEvent } from '../../src/steps/event.ts';
import { runIndependent, type IndependentStep } from '../../src/steps/run-independent.ts';

type Context = string[];

function step(
  name: string,
  more: Partial<IndependentStep<Context>> = {},
): IndependentStep<Context> {
  return {
    ...{ name, title: `Doing ${name}`, weight: 1 },
    apply: (done) => {
      done.push(name);
      return Promise.resolve();
    },
    ...more,
  };
}

const broken = (): Promise<never> =>
  Promise.reject(new KronosError('host/broken', 'it broke', { hint: 'mend it' }));

async function runAll(steps: readonly IndependentStep<Context>[]) {
  const done: Context = [];
  const events: StepEvent[] = [];
  const outcomes = await runIndependent(steps, done, {
    ...{ stage: 'test', sink: (event) => events.push(event), signal: new AbortController().signal },
  });
  return { done, events, outcomes: outcomes.map((one) => `${one.step}: ${one.state}`) };
}

test('a step that fails stops what needs it, also by way of others, and nothing else', async (t) => {
  const { done, events, outcomes } = await runAll([
    step('network'),
    step('share', { needs: ['network'], apply: broken }),
    step('library', { needs: ['share'] }),
    step('guests', { needs: ['library', 'network'] }),
    step('clock', { needs: ['network', 'never-there'] }),
  ]);
  t.deepEqual(done, ['network', 'clock']);
  t.deepEqual(outcomes, [
    'network: done',
    'share: failed',
    'library: blocked',
    'guests: blocked',
    'clock: done',
  ]);
  const blocked = events.filter(({ state }) => state === 'blocked');
  t.deepEqual(
    blocked.map(({ step, message }) => [step, message]),
    [
      ['library', 'waits for share'],
      ['guests', 'waits for library'],
    ],
  );
  t.is(events.at(-1)?.percent, 100);
});

test('what is done already is left alone, and what does not apply is not told', async (t) => {
  const { done, outcomes, events } = await runAll([
    step('there', { probe: () => Promise.resolve(true) }),
    step('elsewhere', { applies: () => false }),
    step('new', { probe: () => Promise.resolve(false), needs: ['elsewhere'] }),
  ]);
  t.deepEqual(done, ['new']);
  t.deepEqual(outcomes, ['there: unchanged', 'new: done']);
  t.false(events.some(({ step }) => step === 'elsewhere'));
});

test('a run that is stopped ends between two steps, and what it stops is no failure', async (t) => {
  const abort = new AbortController();
  const steps = [
    step('first', {
      apply: () => {
        abort.abort();
        return Promise.reject(new Error('stopped in the middle'));
      },
    }),
    step('second'),
  ];
  const options = { stage: 'test', sink: () => undefined, signal: abort.signal };
  await t.throwsAsync(runIndependent(steps, [], options), { message: 'stopped in the middle' });
  await t.throwsAsync(runIndependent(steps.slice(1), [], options), {
    code: 'interrupted/cancelled',
  });
});
