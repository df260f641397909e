// Lets what is due follow: after every change and every few seconds, one decision at a time.
import type { Fleet } from '../file/fleet.ts';
import { decide } from '../state/decide.ts';
import type { Store } from '../store/store.ts';
import type { Note } from './note.ts';

/** Milliseconds between two looks where nothing happens: silence and windows of time are noticed by looking. */
const PERIOD = 3000;

export interface Settler {
  /** Resolves when all that follows from what is known now is kept. */
  settle: () => Promise<void>;
  close: () => Promise<void>;
}

/** `now`: milliseconds since 1970. */
export function startSettling(fleet: Fleet, store: Store, note: Note, now: () => number): Settler {
  const listening = now();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let closed = false;

  const decideOnce = async (): Promise<void> => {
    if (closed) return;
    try {
      await store.transact((state) => ({
        append: decide(fleet, state, now(), { passing: store.passing(), listening }),
        result: undefined,
      }));
    } catch (error) {
      note('error', `deciding: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  /** What is under way may have looked already, so that whoever asks waits for the next one. */
  const settle = (): Promise<void> => {
    if (running === undefined) {
      running = decideOnce().finally(() => (running = undefined));
      return running;
    }
    next ??= running.then(async () => {
      next = undefined;
      await settle();
    });
    return next;
  };
  const unwatch = store.watch((change) => {
    if ('entries' in change && !closed) void settle();
  });
  const timer = setInterval(() => void settle(), PERIOD);
  return {
    settle,
    close: async () => {
      closed = true;
      unwatch();
      clearInterval(timer);
      await next;
      await running;
    },
  };
}
