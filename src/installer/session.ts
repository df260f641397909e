// What one run of the installer knows so far: for its report, and for what is left behind where it fails.
import type { EventSink } from '../steps/event.ts';
import { scrubValue, type Scrubber } from '../steps/scrub.ts';
import { joinSinks } from '../steps/sinks.ts';
import type { FleetServer } from './fleet/server.ts';
import type { InstallReport } from './report.ts';
import type { SupportFacts } from './support.ts';

export interface Session {
  scrub: Scrubber;
  /** Known so far. */
  facts: SupportFacts;
  report?: InstallReport | undefined;
  /** The fleet that this installation is of, and with which token it is asked afterwards. */
  fleet?: { server: FleetServer; token: string } | undefined;
  /** The step under way, or the one that failed. */
  step: string;
  failed: boolean;
  /** True as soon as a step began that may write to a disk. */
  touched: boolean;
  /** To everybody. */
  sink: EventSink;
  /** To machines only: people are told in other words. */
  record: EventSink;
}

/** What happens before the first step. */
const PREPARING = 'prepare';

/** Steps that only look; before-install hooks are not ours. */
const HARMLESS = new Set([PREPARING, 'fetch-hooks', 'hooks-before-install', 'check']);

/** A run at its beginning. Everything that it tells is without secrets, as far as `scrub` knows them by then. */
export function beginSession(
  scrub: Scrubber,
  sinks: { people: readonly EventSink[]; machines: readonly EventSink[] },
): Session {
  const machines = joinSinks(sinks.machines);
  const people = joinSinks(sinks.people);
  const session: Session = {
    ...{ scrub, facts: {}, step: PREPARING, failed: false, touched: false },
    record: (event) => {
      const clean = scrubValue(event, scrub);
      // What fails afterwards, while clearing up, is not why.
      if (!session.failed) session.step = event.step;
      if (event.state === 'failed') session.failed = true;
      if (!HARMLESS.has(event.step)) session.touched = true;
      machines(clean);
      session.report?.sink(clean);
    },
    sink: (event) => {
      session.record(event);
      people(scrubValue(event, scrub));
    },
  };
  return session;
}

/** Keeps a sentence in the journal. */
export function recordNote(session: Session, message: string): void {
  session.record({
    ...{ time: new Date().toISOString(), stage: 'install', step: session.step },
    ...{ state: 'progress', percent: 0, message },
  });
}
