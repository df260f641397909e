// What a server says while it starts or restarts, and waiting until it does not any more.
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../common/error.ts';
import { NoAnswerError } from './door.ts';
import { XenApiError } from './message.ts';

/** Seen while xapi starts, on a coordinator and on a member that joins. */
const STARTING = new Set(['SESSION_INVALID', 'HOST_STILL_BOOTING', 'HOST_HAS_NO_MANAGEMENT_IP']);

/** Whether a failure says only that the server is not there yet. */
export function isStarting(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  return error instanceof XenApiError && STARTING.has(error.code);
}

export interface WaitOptions {
  /** Seconds. */
  timeoutSeconds: number;
  /** Milliseconds between two attempts. */
  interval?: number;
  signal: AbortSignal;
  /** What is waited for, for the message of the failure. */
  what: string;
  /** Told before each pause: seconds that are left, and why. */
  onWait?: (left: number, why: string) => void;
}

/**
 * Repeats `work`, which must be safe to repeat, while the server starts or `work` returns undefined.
 * Errors: `io/not-ready` with the last reason, and whatever else `work` throws.
 */
export async function waitFor<T>(
  work: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const { timeoutSeconds, interval = 1000, signal, what, onWait } = options;
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    let why = 'not yet';
    try {
      const result = await work();
      if (result !== undefined) return result;
    } catch (error) {
      if (!isStarting(error)) throw error;
      why = (error as Error).message;
    }
    const left = (deadline - performance.now()) / 1000;
    if (left <= 0) {
      throw new KronosError('io/not-ready', `${what}: not within ${timeoutSeconds} s (${why})`, {
        hint: 'look at the server and its log, then run this again: it goes on where it stopped',
      });
    }
    onWait?.(left, why);
    await sleep(interval, undefined, { signal });
  }
}
