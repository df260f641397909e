// What every sub-command shares: how it is cancelled, how it shows work, and what it hands back to be printed.
import type { BuildObserver } from '../common/progress.ts';
import { outputMode, runTasks, type DisplayOptions } from './output.ts';

/** Options that every sub-command has. */
export interface CommonOptions {
  json?: boolean;
  verbose?: boolean;
}

/** What a sub-command found out; `main.ts` prints one of the two. */
export interface Outcome {
  /** The document for `--json`. */
  json: unknown;
  /** The text for people; nothing is printed when it is empty. */
  text: string;
  /** The exit code where it is not 0 although nothing was thrown (`diff`, `verify`, `doctor`). */
  exitCode?: number;
}

export interface Session {
  /** Fires on Ctrl-C and on SIGTERM. */
  signal: AbortSignal;
  json: boolean;
  verbose: boolean;
  /** Runs work under a display that fits the terminal. */
  show: <T>(
    options: Omit<DisplayOptions, 'verbose'>,
    work: (observer: BuildObserver) => Promise<T>,
  ) => Promise<T>;
}

/** Runs the work of a sub-command and prints its outcome. Given to each sub-command by `main.ts`. */
export type Runner = (
  options: CommonOptions,
  work: (session: Session) => Promise<Outcome>,
) => Promise<void>;

/** A runner that ends when `signal` fires and leaves the exit code in `process.exitCode`. */
export function createRunner(signal: AbortSignal): Runner {
  return async (options, work) => {
    const mode = outputMode(options);
    const outcome = await work({
      signal,
      json: options.json === true,
      verbose: options.verbose === true,
      show: (display, shown) =>
        runTasks(mode, { ...display, verbose: options.verbose === true }, shown),
    });
    if (options.json === true) process.stdout.write(`${JSON.stringify(outcome.json, null, 2)}\n`);
    else if (outcome.text !== '') process.stdout.write(`${outcome.text}\n`);
    process.exitCode = outcome.exitCode ?? 0;
  };
}
