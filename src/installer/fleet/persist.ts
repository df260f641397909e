// Patience without end, in sight: a machine in a rack has nobody who would start it again.
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '../../common/clock.ts';
import { KronosError } from '../../common/error.ts';
import { refusalOf } from '../../host/fetch.ts';

export interface Waiting {
  signal: AbortSignal;
  /** Says a text that is new, and the same one now and then. */
  tell: (text: string) => void;
  /** Waits for milliseconds or until the signal fires (default setTimeout); tests need not. */
  pause?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Milliseconds after which a text is said again that did not change. */
const AGAIN = 600_000;

/** Milliseconds between two tries at the most. */
const LONGEST_PAUSE = 30_000;

/** Statuses with which a server says that a token is not good, or not good any more. */
const REFUSALS = new Set([401, 403, 409, 410]);

/** Tells texts where they change, and now and then; `clock` in milliseconds. */
export function createTeller(
  note: (text: string) => void,
  clock: () => number = milliseconds,
): (text: string) => void {
  let last = '';
  let said = -Infinity;
  return (text) => {
    if (text === last && clock() - said < AGAIN) return;
    last = text;
    said = clock();
    note(text);
  };
}

/** Waits, up to a quarter longer: a rack that was switched on at once shall not ask at once for ever. */
export async function pauseAbout(
  milliseconds: number,
  { signal, pause = sleepUntil }: Waiting,
): Promise<void> {
  await pause(milliseconds * (1 + Math.random() / 4), signal);
  requireRunning(signal);
}

async function sleepUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

function requireRunning(signal: AbortSignal): void {
  if (signal.aborted)
    throw new KronosError('interrupted/cancelled', 'stopped while waiting for the fleet server');
}

/**
 * Does work until the server does its part. `refused`: it answered, and said no to the token or showed another
 * certificate; to ask again helps nobody.
 * Errors: `interrupted/cancelled`, defects.
 */
export async function persist<T>(
  work: () => Promise<T>,
  waiting: Waiting,
): Promise<T | { refused: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      requireRunning(waiting.signal);
      if (!(error instanceof KronosError)) throw error;
      if (error.code === 'verification/fingerprint' || REFUSALS.has(refusalOf(error) ?? 0))
        return { refused: describe(error) };
      waiting.tell(`fleet: ${describe(error)}; asking again until it answers`);
      await pauseAbout(Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(attempt, 5)), waiting);
    }
  }
}

function describe({ message, cause }: KronosError): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
