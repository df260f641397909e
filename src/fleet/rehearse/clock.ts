// The clock of a rehearsal. It jumps from one thing that happens to the next, and stands still while the server is asked:
// a busy server makes a rehearsal longer for who watches it, and changes nothing of what comes out.
import { setImmediate as immediate, setTimeout as sleepReal } from 'node:timers/promises';
import { KronosError } from '../../common/error.ts';

export interface Clock {
  /** Simulated milliseconds since 1970. */
  now: () => number;
  /** Waits for simulated seconds. Errors: `interrupted/cancelled` when the clock was stopped. */
  sleep: (seconds: number) => Promise<void>;
  /**
   * Lets no time go by, but for a moment, while something is done outside of the simulation.
   * Errors: `interrupted/cancelled` when the clock was stopped before; those of the work.
   */
  hold: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called when time went on, with the new time. */
  onAdvance: (listener: (now: number) => void) => void;
  /** Ends it: whoever sleeps is woken with an error. */
  stop: () => void;
}

export interface ClockOptions {
  /** Milliseconds since 1970. */
  start: number;
  /** Simulated seconds in a second at the most. */
  speed: number;
  /** Simulated seconds that go by while an answer is awaited: as many as a busy server may need for it. */
  slack?: number;
}

interface Sleeper {
  at: number;
  /** Of two at the same time the first one wakes first. */
  order: number;
  wake: () => void;
  end: (error: Error) => void;
}

/** Real milliseconds that can be caught up with where time stood still. */
const CREDIT = 50;

/** Starts a clock. */
export function createClock({ start, speed, slack = 1 }: ClockOptions): Clock {
  const sleepers = new Heap();
  const holds = new Set<{ since: number }>();
  const listeners: ((now: number) => void)[] = [];
  let now = start;
  let order = 0;
  let stopped = false;
  let changed: () => void = () => undefined;
  let pace = { real: performance.now(), simulated: start };

  /** The time that the speed allows. */
  const allowed = (): number => {
    if (speed === Infinity) return Infinity;
    const real = performance.now();
    const reached = pace.simulated + (real - pace.real) * speed;
    // What was not used while time stood still is not made up for in one leap.
    if (reached > now + CREDIT * speed) pace = { real, simulated: now + CREDIT * speed };
    return Math.min(reached, now + CREDIT * speed);
  };
  const drive = async (): Promise<void> => {
    for (;;) {
      // Whoever was woken begins what it asks the server for.
      await immediate();
      if (stopped) return;
      const next = sleepers.first();
      const [oldest] = holds;
      if (next === undefined || (oldest !== undefined && next.at > oldest.since + slack * 1000)) {
        await new Promise<void>((resolve) => (changed = resolve));
        continue;
      }
      const reached = Math.min(next.at, allowed());
      if (reached > now) {
        now = reached;
        for (const listener of listeners) listener(now);
      }
      const early = next.at - now;
      if (early > 0) {
        await sleepReal(Math.min(CREDIT, early / speed));
        continue;
      }
      while ((sleepers.first()?.at ?? Infinity) <= now) sleepers.take()?.wake();
    }
  };
  void drive();
  return {
    now: () => now,
    sleep: (seconds) =>
      new Promise((wake, end) => {
        if (stopped) {
          end(stoppedError());
          return;
        }
        sleepers.add({ at: now + Math.max(0, seconds) * 1000, order: (order += 1), wake, end });
        changed();
      }),
    hold: async (work) => {
      if (stopped) throw stoppedError();
      const hold = { since: now };
      holds.add(hold);
      try {
        return await work();
      } finally {
        holds.delete(hold);
        changed();
      }
    },
    onAdvance: (listener) => void listeners.push(listener),
    stop: () => {
      stopped = true;
      for (let one = sleepers.take(); one !== undefined; one = sleepers.take())
        one.end(stoppedError());
      changed();
    },
  };
}

function stoppedError(): KronosError {
  return new KronosError('interrupted/cancelled', 'the rehearsal has ended');
}

/** Sleepers, the next one first. */
class Heap {
  readonly #all: Sleeper[] = [];

  first(): Sleeper | undefined {
    return this.#all[0];
  }

  add(sleeper: Sleeper): void {
    const all = this.#all;
    let at = all.push(sleeper) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLater(parent, at)) return;
      at = parent;
    }
  }

  take(): Sleeper | undefined {
    const all = this.#all;
    const first = all[0];
    const last = all.pop();
    if (first === undefined || last === undefined || all.length === 0) return first;
    all[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const earlier = right < all.length && this.#isLater(left, right) ? right : left;
      if (earlier >= all.length || !this.#swapIfLater(at, earlier)) return first;
      at = earlier;
    }
  }

  #isLater(one: number, other: number): boolean {
    const [a, b] = [this.#all[one], this.#all[other]];
    if (a === undefined || b === undefined) return false;
    return a.at === b.at ? a.order > b.order : a.at > b.at;
  }

  #swapIfLater(one: number, other: number): boolean {
    if (!this.#isLater(one, other)) return false;
    const all = this.#all;
    [all[one], all[other]] = [all[other] as Sleeper, all[one] as Sleeper];
    return true;
  }
}
