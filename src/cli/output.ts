// Shows running work: a live list on a terminal, plain lines where there is none, nothing for `--json`.
// Progress goes to standard error, results go to standard output.
import { UNOBSERVED, type BuildObserver } from '../common/progress.ts';
import { createPlainDisplay } from './output-plain.ts';

export type OutputMode = 'live' | 'plain' | 'silent';

/** Work that is known before it starts; it is listed as waiting. */
export interface PlannedStep {
  name: string;
  title: string;
}

export interface DisplayOptions {
  title: string;
  steps?: readonly PlannedStep[];
  /** Show why each step ran or was reused. */
  explain?: boolean;
  /** Show the lines that the work logs. */
  verbose?: boolean;
}

/** An observer that is drawn somewhere. */
export interface Display extends BuildObserver {
  /** Draws the last state and gives the terminal back. Safe to call twice. */
  close: () => void;
}

/** The mode that fits where standard error goes. */
export function outputMode(options: { json?: boolean; verbose?: boolean }): OutputMode {
  if (options.json === true) return 'silent';
  // A live list and a stream of log lines would tear each other apart.
  if (options.verbose === true || process.env['TERM'] === 'dumb') return 'plain';
  return process.stderr.isTTY ? 'live' : 'plain';
}

/** Opens a display; the live one is loaded only where it is used because it is slow to load. */
export async function openDisplay(mode: OutputMode, options: DisplayOptions): Promise<Display> {
  if (mode === 'silent') return { ...UNOBSERVED, close: () => undefined };
  if (mode === 'plain') return createPlainDisplay(process.stderr, options);
  const { createLiveDisplay } = await import('./output-live.ts');
  return await createLiveDisplay(process.stderr, options);
}

/** Runs `work` under a display and closes it whatever happens. */
export async function runTasks<T>(
  mode: OutputMode,
  options: DisplayOptions,
  work: (observer: BuildObserver) => Promise<T>,
): Promise<T> {
  const display = await openDisplay(mode, options);
  try {
    return await work(display);
  } finally {
    display.close();
  }
}
