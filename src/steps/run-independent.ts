// Steps of which one that fails stops only those that need it: a host without its NFS share can still be reached.
import { KronosError } from '../common/error.ts';
import type { StepEvent } from './event.ts';
import { runStep, type RunOptions, type Step } from './run.ts';

export interface IndependentStep<C> extends Step<C> {
  /** Names of earlier steps without which this one cannot begin. Those that the run does not have count as done. */
  needs?: readonly string[];
}

/** How a step ended. */
export interface StepOutcome {
  step: string;
  /** `unchanged`: all of it was there already. */
  state: 'done' | 'unchanged' | 'failed' | 'blocked';
  /** Of a step that failed. */
  error?: unknown;
}

/**
 * Runs all steps that can run, in their order. Errors: only `interrupted/cancelled`, when `signal` fires; what steps
 * throw is in the outcomes.
 */
export async function runIndependent<C>(
  all: readonly IndependentStep<C>[],
  context: C,
  options: RunOptions,
): Promise<StepOutcome[]> {
  const steps = all.filter((step) => step.applies?.(context) ?? true);
  const total = steps.reduce((sum, step) => sum + step.weight, 0);
  const outcomes: StepOutcome[] = [];
  let before = 0;
  for (const step of steps) {
    if (options.signal.aborted)
      throw new KronosError('interrupted/cancelled', `stopped before: ${step.title}`);
    const start = before;
    const percent = (part: number): number =>
      Math.floor(((start + step.weight * part) / total) * 100);
    const missing = (step.needs ?? []).filter((name) => hasFailed(outcomes, name));
    if (missing.length > 0) {
      options.sink(blockedEvent(step, missing, options.stage, percent(1)));
      outcomes.push({ step: step.name, state: 'blocked' });
    } else {
      outcomes.push(await attempt(step, context, { ...options, percent }));
    }
    before += step.weight;
  }
  return outcomes;
}

function hasFailed(outcomes: readonly StepOutcome[], name: string): boolean {
  return outcomes.some(
    ({ step, state }) => step === name && (state === 'failed' || state === 'blocked'),
  );
}

async function attempt<C>(
  step: IndependentStep<C>,
  context: C,
  position: Parameters<typeof runStep<C>>[2],
): Promise<StepOutcome> {
  try {
    const changed = await runStep(step, context, position);
    return { step: step.name, state: changed ? 'done' : 'unchanged' };
  } catch (error) {
    // To be stopped is nothing that the step did wrong.
    if (position.signal.aborted) throw error;
    return { step: step.name, state: 'failed', error };
  }
}

function blockedEvent<C>(
  step: Step<C>,
  missing: readonly string[],
  stage: string,
  percent: number,
): StepEvent {
  return {
    ...{ time: new Date().toISOString(), stage, step: step.name, state: 'blocked', percent },
    message: `waits for ${missing.join(' and ')}`,
  };
}
