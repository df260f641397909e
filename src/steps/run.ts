// One engine for everything that changes a machine: look whether it is done, do it, look whether it was.
import { milliseconds } from '../common/clock.ts';
import { formatError, KronosError } from '../common/error.ts';
import type { EventSink, StepEvent, StepProgress } from './event.ts';

export interface Step<C> {
  /** Stable name for reports and journals. */
  name: string;
  /** What is being done, as a phrase: "Formatting the file systems". */
  title: string;
  /** Share of the time of the whole run; any unit. */
  weight: number;
  /** False where a run has no such step: it is neither told nor counted. */
  applies?: (context: C) => boolean;
  /** True where there is nothing to do. Without it the step always runs. */
  probe?: (context: C) => Promise<boolean>;
  apply: (context: C, progress: StepProgress) => Promise<void>;
  /** Throws where what was done does not hold. */
  verify?: (context: C, progress: StepProgress) => Promise<void>;
}

export interface RunOptions {
  stage: string;
  sink: EventSink;
  signal: AbortSignal;
}

/** Progress is told at most this often (ms). */
const PROGRESS_INTERVAL = 1000;

/**
 * Runs steps one after the other; the first that fails ends the run.
 * Errors: those of the steps; `interrupted/cancelled` between two steps when `signal` fires.
 */
export async function runSteps<C>(
  all: readonly Step<C>[],
  context: C,
  options: RunOptions,
): Promise<void> {
  const steps = all.filter((step) => step.applies?.(context) ?? true);
  const total = steps.reduce((sum, step) => sum + step.weight, 0);
  let done = 0;
  let highest = 0;
  for (const step of steps) {
    if (options.signal.aborted)
      throw new KronosError('interrupted/cancelled', `stopped before: ${step.title}`);
    const before = done;
    await runStep(step, context, {
      ...options,
      // A step that verifies begins to count its bytes anew; what was told once is not taken back.
      percent: (part) => {
        highest = Math.max(highest, Math.floor(((before + step.weight * part) / total) * 100));
        return highest;
      },
    });
    done += step.weight;
  }
}

/** Where a step stands in a run. */
export interface Position extends RunOptions {
  /** Percent of the whole run when this part (0 to 1) of the step is done. */
  percent: (part: number) => number;
}

/** Runs one step; false where there was nothing to do. Errors: those of the step, told before they are thrown. */
export async function runStep<C>(step: Step<C>, context: C, position: Position): Promise<boolean> {
  const { stage, sink } = position;
  const tell = (event: Partial<StepEvent> & Pick<StepEvent, 'state'>, part: number): void => {
    sink({
      time: new Date().toISOString(),
      stage,
      step: step.name,
      percent: position.percent(part),
      message: step.title,
      ...event,
    });
  };
  tell({ state: 'started' }, 0);
  try {
    if ((await step.probe?.(context)) === true) {
      tell({ state: 'skipped' }, 1);
      return false;
    }
    const progress = createProgress(tell);
    await step.apply(context, progress);
    await step.verify?.(context, progress);
    tell({ state: 'finished' }, 1);
    return true;
  } catch (error) {
    const { code, hint } = error instanceof KronosError ? error : { code: 'internal/defect' };
    tell({ state: 'failed', message: formatError(error), code, hint }, 0);
    throw error;
  }
}

function createProgress(
  tell: (event: Partial<StepEvent> & Pick<StepEvent, 'state'>, part: number) => void,
): StepProgress {
  let last = 0;
  return {
    bytes: (bytes, total) => {
      const now = milliseconds();
      if (now - last < PROGRESS_INTERVAL) return;
      last = now;
      tell({ state: 'progress', bytes, total }, total === 0 ? 0 : Math.min(1, bytes / total));
    },
    note: (message) => {
      tell({ state: 'progress', message }, 0);
    },
  };
}
