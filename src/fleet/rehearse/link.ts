// The network between the server and its machines: what is fetched at the same time shares the server's link evenly, and
// nobody gets more than its own link carries.
import type { Clock } from './clock.ts';

export interface Transfer {
  /** Simulated seconds that it took, and that it would have taken alone. */
  seconds: number;
  alone: number;
}

export interface LinkFigures {
  bytes: number;
  /** Seconds in which anything was fetched, and in which the server's link was what slowed it down. */
  busy: number;
  full: number;
  /** Machines that fetched at once, at the most. */
  most: number;
}

export interface Link {
  /** Carries bytes to one machine. Errors: those of the clock. */
  transfer: (bytes: number) => Promise<Transfer>;
  figures: () => LinkFigures;
}

interface Flow {
  /** How much every flow has got in all when this one is through. */
  end: number;
  done: () => void;
  fail: (error: unknown) => void;
}

/** Seconds. */
const ROUNDING = 0.001;

/** A link of the server and links of its machines, in bytes a second. */
export function createLink(
  clock: Clock,
  { link, machineLink }: { link: number; machineLink: number },
): Link {
  const flows = new Set<Flow>();
  const figures = { bytes: 0, busy: 0, full: 0, most: 0 };
  /** Bytes that a flow would have got that was there from the beginning. */
  let carried = 0;
  let last = clock.now();
  let plan = 0;
  const rate = (): number => Math.min(machineLink, link / Math.max(1, flows.size));

  const settle = (): void => {
    const seconds = (clock.now() - last) / 1000;
    last = clock.now();
    if (flows.size === 0) return;
    carried += rate() * seconds;
    figures.busy += seconds;
    if (link / flows.size < machineLink) figures.full += seconds;
    for (const flow of [...flows]) {
      // Times are rounded to what a number can hold: without room for it the last bytes would never come.
      if (flow.end > carried + rate() * ROUNDING) continue;
      flows.delete(flow);
      flow.done();
    }
  };
  /** Wakes when the next flow is through, unless another one comes or goes before. */
  const watch = async (): Promise<void> => {
    plan += 1;
    const own = plan;
    while (flows.size > 0) {
      const next = Math.min(...[...flows].map(({ end }) => end));
      await clock.sleep((next - carried) / rate());
      if (own !== plan) return;
      settle();
    }
  };
  /** The clock was stopped. */
  const end = (error: unknown): void => {
    for (const flow of flows) flow.fail(error);
    flows.clear();
  };
  return {
    transfer: async (bytes) => {
      const began = clock.now();
      await new Promise<void>((done, fail) => {
        settle();
        flows.add({ end: carried + bytes, done, fail });
        figures.bytes += bytes;
        figures.most = Math.max(figures.most, flows.size);
        watch().catch(end);
      });
      return { seconds: (clock.now() - began) / 1000, alone: bytes / Math.min(link, machineLink) };
    },
    figures: () => ({ ...figures }),
  };
}
