// Wrong tokens are counted: whoever guesses must wait.

/** Wrong tokens of one address, and of all addresses, that are taken in a minute. */
const MOST_OF_ONE = 10;
const MOST_OF_ALL = 300;
const MINUTE = 60_000;

export interface Limit {
  /** Seconds that an address must wait before its next token is looked at; 0: none. */
  wait: (address: string) => number;
  /** A token from there was wrong. */
  count: (address: string) => void;
}

/** Counts in whole minutes, so that nothing is kept of addresses that are quiet. `now`: milliseconds. */
export function createLimit(now: () => number): Limit {
  let minute = 0;
  let all = 0;
  const wrong = new Map<string, number>();
  const turn = (): void => {
    const current = Math.floor(now() / MINUTE);
    if (current === minute) return;
    minute = current;
    all = 0;
    wrong.clear();
  };
  return {
    wait: (address) => {
      turn();
      if (all < MOST_OF_ALL && (wrong.get(address) ?? 0) < MOST_OF_ONE) return 0;
      return Math.ceil(((minute + 1) * MINUTE - now()) / 1000);
    },
    count: (address) => {
      turn();
      all += 1;
      wrong.set(address, (wrong.get(address) ?? 0) + 1);
    },
  };
}
