// One hook: run with a clean environment and a time limit, each of its lines told as it comes.
import { milliseconds } from '../common/clock.ts';
import { CommandError, FIXED_ENVIRONMENT, run } from '../common/process.ts';
import { KronosError } from '../common/error.ts';

/** A program of the operator's, where it is now. */
export interface RunnableHook {
  path: string;
  /** As the host file calls it. */
  name: string;
  stage: string;
  /** Seconds. */
  timeout: number;
}

export interface HookRun {
  arguments: readonly string[];
  signal: AbortSignal;
  /** Told every line. */
  note: (line: string) => void;
}

/** Lines of a hook that are told; a journal in memory must not fill up. */
const LINES = 5000;

/** Characters; of a longer line only the length is told: cut short, a secret in it would not be found any more. */
const WIDTH = 4000;

/** Lines at the end that go into the error. */
const TAIL = 12;

/** Seconds between being asked to end and being ended. */
const GRACE = 10;

/** Nothing of our own environment: what is in there is nobody's to rely on. */
const ENVIRONMENT = {
  ...FIXED_ENVIRONMENT,
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  TERM: 'dumb',
};

/**
 * Runs a hook to its end.
 * Errors: `host/hook-failed` where it fails, cannot be run or takes too long; `interrupted/cancelled`.
 */
export async function runHook(hook: RunnableHook, options: HookRun): Promise<void> {
  const { path, timeout, name, stage } = hook;
  const tail: string[] = [];
  let lines = 0;
  const onLine = (raw: string): void => {
    const { length } = raw;
    const line = length > WIDTH ? `(${length} characters)` : raw.replaceAll(/\p{Cc}+/gu, ' ');
    tail.push(line);
    if (tail.length > TAIL) tail.shift();
    lines += 1;
    if (lines <= LINES) options.note(`hook: ${line}`);
    else if (lines === LINES + 1) options.note('hook: (more lines are left out)');
  };
  const started = milliseconds();
  try {
    // Ends what the hook has started along with it, which killing only the hook would not.
    const limit = ['timeout', `--kill-after=${GRACE}`, String(timeout)];
    await run([...limit, path, ...options.arguments], {
      ...{ environment: ENVIRONMENT, cwd: '/', signal: options.signal, onLine },
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // 124: it ended when asked to; else it was ended, and timeout itself with it.
    const late =
      milliseconds() - started >= timeout * 1000 && [124, 137, -1].includes(error.status);
    const how = late ? `did not end within ${timeout} s` : `failed with exit code ${error.status}`;
    const said = tail.length === 0 ? '' : `:\n    ${tail.join('\n    ')}`;
    throw new KronosError('host/hook-failed', `the hook ${name} (${stage}) ${how}${said}`, {
      hint: late
        ? 'give it a longer "timeout" in the host file, or look what it waits for'
        : 'mend the hook or take it out of the host file, and run again',
      details: { hook: name, stage, exitCode: error.status },
    });
  }
}
