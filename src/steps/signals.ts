// What a person or the system says to a running program.
import { KronosError } from '../common/error.ts';

/** Fires on SIGINT, SIGTERM and SIGHUP: ends a run between two steps, or what a step waits for. */
export function abortOnSignals(): AbortController {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      abort.abort(new KronosError('interrupted/cancelled', `stopped by ${name}`));
    });
  }
  return abort;
}
