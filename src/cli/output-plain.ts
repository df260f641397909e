// One line per event, without colours or cursor movements: for log files, pipes and `-v`.
import type { Writable } from 'node:stream';
import type { StepEnd } from '../common/progress.ts';
import type { Display, DisplayOptions } from './output.ts';
import { stepStatus, type StepView } from './step-line.ts';

/** A display that writes whole lines and never goes back. */
export function createPlainDisplay(
  stream: Writable,
  options: DisplayOptions,
  clock: () => number = () => performance.now(),
): Display {
  const running = new Map<string, StepView>();
  const write = (line: string): void => {
    stream.write(`${line}\n`);
  };
  write(options.title);
  const finish = (name: string, change: Partial<StepView>): void => {
    const now = clock();
    const step: StepView = {
      ...(running.get(name) ?? { name, title: name, started: now }),
      state: 'finished',
      ...change,
    };
    running.delete(name);
    const status = stepStatus(step, now, options.explain === true).replace(/ {2,}/g, ', ');
    write(`${step.state === 'failed' ? 'FAIL' : 'done'}  ${step.title}: ${status}`);
  };
  return {
    stepStarted: (name, title) => {
      running.set(name, { name, title, state: 'running', started: clock() });
      write(`start ${title}`);
    },
    stepNote: () => undefined,
    stepFinished: (name, end: StepEnd) => {
      finish(name, { end });
    },
    stepFailed: (name) => {
      finish(name, { state: 'failed', ended: clock() });
    },
    log: (line) => {
      if (options.verbose === true) write(`      ${line}`);
    },
    warn: (line) => {
      write(`warning: ${line}`);
    },
    close: () => undefined,
  };
}
