// Events and the final report over HTTP: sent again until they are acknowledged, and given up only in sight.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds } from '../common/clock.ts';
import { KronosError } from '../common/error.ts';
import { fetchText } from '../host/fetch.ts';
import type { EventSink, StepEvent } from './event.ts';
import { scrubValue } from './scrub.ts';

export interface ReporterOptions {
  url: string;
  /** SHA-256 of the certificate that the server must show. */
  fingerprint?: string | undefined;
  token?: string | undefined;
  /** Who reports: goes along with every message. */
  host: Readonly<Record<string, string | undefined>>;
  /** Takes secrets out of a text. */
  scrub: (text: string) => string;
  /** Tells a person that something could not be sent yet. */
  note: (text: string) => void;
  /** Keeps the last message, without secrets, until it is acknowledged; gives what forgets it. Must not throw. */
  keep?: ((message: string) => Promise<() => Promise<void>>) | undefined;
  /** Seconds for which the final report is sent again (default 600). */
  seconds?: number | undefined;
  /** Sends a text (default: POST over HTTP). Throws where it was not acknowledged. */
  send?: ((text: string) => Promise<unknown>) | undefined;
  /** Waits for milliseconds or until a signal fires (default setTimeout); tests need not. */
  pause?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
  /** Milliseconds of a clock that only goes forward (default that of the machine). */
  clock?: (() => number) | undefined;
}

/** How a run ended. */
export interface Report {
  format: 'kronos-report';
  version: 1;
  result: 'ok' | 'failed';
  stage: string;
  seconds: number;
  /** What was done or tried: digest of the plan, version of the image. */
  facts: Readonly<Record<string, unknown>>;
  /** Code, message and hint. */
  error?: Readonly<Record<string, unknown>> | undefined;
  /** The step that failed. */
  step?: string | undefined;
  /** The last lines of the journal. */
  log: readonly string[];
}

/** What is sent: events in order, and with the last of them the report. */
export interface ReportMessage {
  /** The same for all messages of one run, and for no other. */
  run: string;
  host: Readonly<Record<string, string | undefined>>;
  /**
   * Counted from 1. A server that acknowledged and was not heard gets events again: their numbers tell. A number that is
   * left out was progress that was out of date.
   */
  events: readonly (StepEvent & { number: number })[];
  report?: Report;
}

/** Events that wait at the most; of more, progress goes first: it is soon out of date. */
const QUEUE_LIMIT = 500;

const REPORT_SECONDS = 600;

/** Milliseconds. */
const LONGEST_PAUSE = 30_000;

/** The longest time of a timer (ms). */
const NEVER = 2 ** 31 - 1;

export interface Reporter {
  sink: EventSink;
  /** Sends what waits and the report; false where it was given up. */
  finish: (report: Report) => Promise<boolean>;
}

/** A reporter that sends in the background and in order. */
export function createReporter(options: ReporterOptions): Reporter {
  const { url, fingerprint, token, host, scrub, note } = options;
  const pause = options.pause ?? sleepUnless;
  const clock = options.clock ?? milliseconds;
  const post = options.send ?? ((text) => fetchText(url, { fingerprint, post: { text, token } }));
  const run = randomUUID();
  let queue: ReportMessage['events'] = [];
  let count = 0;
  let sending: Promise<void> | undefined;
  let failures = 0;
  let closing = false;
  const closed = new AbortController();

  const format = (events: ReportMessage['events'], report?: Report): string => {
    const message: ReportMessage = {
      run,
      host,
      events,
      ...(report === undefined ? {} : { report }),
    };
    return JSON.stringify(scrubValue(message, scrub));
  };
  const pump = async (): Promise<void> => {
    while (queue.length > 0 && !closing) {
      const batch = queue;
      queue = [];
      try {
        await post(format(batch));
        failures = 0;
      } catch (error) {
        queue = shorten([...batch, ...queue]);
        failures += 1;
        const next = isFinal(error) ? 'only the result will be tried again' : 'trying again';
        if (failures === 1) note(scrub(`report: ${describe(error)}; ${next}`));
        await pause(isFinal(error) ? NEVER : pauseAfter(failures), closed.signal);
      }
    }
  };
  return {
    sink: (event) => {
      count += 1;
      queue = shorten([...queue, { ...event, number: count }]);
      sending ??= pump().finally(() => (sending = undefined));
    },
    finish: async (report) => {
      const until = clock() + (options.seconds ?? REPORT_SECONDS) * 1000;
      closing = true;
      closed.abort();
      // What is under way is either acknowledged or back in the queue then; a request takes 30 s at the most.
      await sending;
      const message = format(queue, report);
      const forget = await options.keep?.(message);
      for (let attempt = 1; ; attempt += 1) {
        try {
          await post(message);
          await forget?.();
          return true;
        } catch (error) {
          const left = until - clock();
          if (isFinal(error) || left <= 0) {
            note(scrub(`the report was not delivered: ${describe(error)}`));
            return false;
          }
          const seconds = Math.ceil(left / 1000);
          note(scrub(`report: ${describe(error)}; trying again for ${seconds} s`));
          await pause(Math.min(left, pauseAfter(attempt)));
        }
      }
    },
  };
}

async function sleepUnless(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // With a signal this is work in the background, which keeps no program alive; the signal is all that can go wrong.
  await sleep(milliseconds, undefined, { signal, ref: signal === undefined }).catch(
    () => undefined,
  );
}

/** Milliseconds before the next try. */
function pauseAfter(failures: number): number {
  return Math.min(LONGEST_PAUSE, 500 * 2 ** failures);
}

function shorten(events: ReportMessage['events']): ReportMessage['events'] {
  if (events.length <= QUEUE_LIMIT) return events;
  const important = events.filter((event) => event.state !== 'progress');
  return important.slice(-QUEUE_LIMIT);
}

/** A wrong certificate does not become the right one. */
function isFinal(error: unknown): boolean {
  return error instanceof KronosError && error.code !== 'io/fetch-failed';
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
