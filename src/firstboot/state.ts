// What became of every step, kept over restarts: for the status, the console, and whoever asks over SSH.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined } from '../common/files.ts';
import type { EventSink, StepEvent } from '../steps/event.ts';
import { MEMORY, type BootContext, type BootStep } from './context.ts';

export const STATE = join(MEMORY, 'firstboot.json');

export type BootStepState = 'pending' | 'running' | 'done' | 'unchanged' | 'failed' | 'blocked';

export interface BootStepRecord {
  name: string;
  title: string;
  state: BootStepState;
  /** What it waits for, or why it failed. */
  message?: string | undefined;
  code?: string | undefined;
  hint?: string | undefined;
}

export interface BootState {
  format: 'kronos-firstboot';
  version: 1;
  /** `ready`: every step is done. */
  result: 'running' | 'ready' | 'failed';
  /** ISO 8601, UTC: start of the run, last change. */
  started: string;
  changed: string;
  steps: BootStepRecord[];
}

const STATES: Readonly<Record<StepEvent['state'], BootStepState>> = {
  started: 'running',
  progress: 'running',
  finished: 'done',
  skipped: 'unchanged',
  failed: 'failed',
  blocked: 'blocked',
};

/** A run in which nothing has happened yet. */
export function beginState(steps: readonly BootStep[], context: BootContext, now: Date): BootState {
  const time = now.toISOString();
  return {
    ...{ format: 'kronos-firstboot', version: 1, result: 'running', started: time, changed: time },
    steps: steps
      .filter((step) => step.applies?.(context) ?? true)
      .map(({ name, title }) => ({ name, title, state: 'pending' })),
  };
}

/** The state after an event. */
export function advanceState(state: BootState, event: StepEvent): BootState {
  const steps = state.steps.map((step): BootStepRecord => {
    if (step.name !== event.step) return step;
    const { name, title } = step;
    const told = event.message === title ? {} : { message: firstLine(event.message) };
    const { code, hint } = event;
    return {
      name,
      title,
      state: STATES[event.state],
      ...told,
      ...(code === undefined ? {} : { code, hint }),
    };
  });
  return { ...state, changed: event.time, steps };
}

/** A message in one line, without what error texts put around it. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/^error [a-z]+\/[a-z-]+: /, '');
}

export function endState(state: BootState, now: Date): BootState {
  const failed = state.steps.some((step) => ['failed', 'blocked'].includes(step.state));
  return { ...state, changed: now.toISOString(), result: failed ? 'failed' : 'ready' };
}

/** Writes the state whole or not at all. Errors: those of node:fs. */
export function writeState(state: BootState, path = STATE): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** The state of the last run, or undefined where there was none. Errors: `input/firstboot-state`. */
export async function readState(path = STATE): Promise<BootState | undefined> {
  const text = await readTextOrUndefined(path);
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as Partial<BootState>;
    if (state.format === 'kronos-firstboot') return state as BootState;
  } catch {
    // Told below: what is in there does not matter to anybody.
  }
  throw new KronosError('input/firstboot-state', `${path} is damaged`, {
    hint: 'forget it and look at everything again: kronos-firstboot reset',
  });
}

/** Keeps the state on the disk while events come. */
export function stateSink(first: BootState, write: (state: BootState) => void = writeState) {
  let state = first;
  write(state);
  const sink: EventSink = (event) => {
    state = advanceState(state, event);
    write(state);
  };
  return { sink, current: () => state };
}
