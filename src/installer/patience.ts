// Servers are asked again for a while: the network of the machine may still be coming up.
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '../common/clock.ts';
import { KronosError } from '../common/error.ts';

/** Seconds for which a server is asked again. */
const FETCH_SECONDS = 300;

export interface Patience {
  signal: AbortSignal;
  /** Told why there is another try. */
  note: (text: string) => void;
  /** Seconds (default 300). */
  seconds?: number | undefined;
}

/**
 * Does what may fail with `io/fetch-failed` again until it works.
 * Errors: the last one of `work`; `interrupted/cancelled` when `signal` fires.
 */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { signal, note } = patience;
  const until = milliseconds() + (patience.seconds ?? FETCH_SECONDS) * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted)
        throw new KronosError('interrupted/cancelled', 'stopped while waiting for a server');
      const final = !(error instanceof KronosError) || error.code !== 'io/fetch-failed';
      if (final || milliseconds() >= until) throw error;
      const wait = Math.min(30, 2 ** attempt);
      note(`${error.message}; trying again in ${wait} s`);
      // Cut short by the signal, the next try tells.
      await sleep(wait * 1000, undefined, { signal }).catch(() => undefined);
    }
  }
}
