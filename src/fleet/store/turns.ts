// Decisions one after the other, kept together: whoever comes while others are written waits, and goes with the next lot.
import type { Entry, MachineId } from '../state/event.ts';
import { foldEntry } from '../state/fold.ts';
import type { FleetState } from '../state/record.ts';
import type { Change, Decision, Passing, Store } from './store.ts';

type Work<T> = Parameters<Store['transact']>[0] extends (state: FleetState) => unknown
  ? (state: FleetState) => Decision<T>
  : never;

/** A decision that waits for its turn. */
export interface Waiting {
  work: Work<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** What a lot of decisions came to. */
export interface Outcome {
  state: FleetState;
  entries: Entry[];
  /** Tells everybody: to be called once the entries are kept. */
  settle: () => void;
}

/** Decisions that are kept together at the most. */
const LOT = 500;

/**
 * Gives `transact`. `keep` is called with all decisions that wait, never twice at once, and settles each of them; where
 * it throws, they all fail with that.
 */
export function takeTurns(keep: (lot: readonly Waiting[]) => Promise<void>): {
  transact: Store['transact'];
  /** Resolves when nothing waits any more. */
  idle: () => Promise<void>;
} {
  const queue: Waiting[] = [];
  let running: Promise<void> | undefined;
  const serve = async (): Promise<void> => {
    while (queue.length > 0) {
      const lot = queue.splice(0, LOT);
      try {
        await keep(lot);
      } catch (error) {
        for (const one of lot) one.reject(error);
      }
    }
    // At once: whoever comes a moment later must not wait for somebody who has gone.
    running = undefined;
  };
  return {
    transact: <T>(work: Work<T>) =>
      new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as Waiting['resolve'], reject });
        // Not before the caller is done: what it does at once goes together.
        running ??= Promise.resolve().then(serve);
      }),
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
}

/** Lets each decide on what those before it made of the state. One that throws adds nothing and disturbs nobody. */
export function decideInTurn(lot: readonly Waiting[], state: FleetState, time: string): Outcome {
  let next = state;
  const entries: Entry[] = [];
  const settled: (() => void)[] = [];
  for (const { work, resolve, reject } of lot) {
    try {
      const { append, result } = work(next);
      for (const entry of append) {
        const timed = { ...entry, time };
        next = foldEntry(next, timed);
        entries.push(timed);
      }
      settled.push(() => resolve(result));
    } catch (error) {
      settled.push(() => reject(error));
    }
  }
  return { state: next, entries, settle: () => settled.forEach((tell) => tell()) };
}

/** Of two times the later one: a clock that was set back must not make a journal that goes back. */
export function laterTime(time: string, last: string | undefined): string {
  return last !== undefined && last > time ? last : time;
}

/** What passes, and who watches: in the memory of one server. */
export function createNews(): {
  passing: ReadonlyMap<MachineId, Passing>;
  tell: (change: Change) => void;
  watch: Store['watch'];
} {
  const watchers = new Set<(change: Change) => void>();
  const passing = new Map<MachineId, Passing>();
  return {
    passing,
    tell: (change) => {
      if ('passing' in change) passing.set(change.passing.id, change.passing);
      else
        for (const entry of change.entries) if (endsPassing(entry)) passing.delete(entry.subject);
      // A watcher that fails must not fail what was kept.
      for (const watcher of watchers) queueMicrotask(() => watcher(change));
    },
    watch: (onChange) => {
      // Of its own, so that one function can watch twice.
      const watcher = (change: Change) => onChange(change);
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}

/** How far a machine was says nothing any more. */
function endsPassing({ event }: Entry): boolean {
  return ['armed', 'released', 'reported', 'failed', 'retry'].includes(event.type);
}
