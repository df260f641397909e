// Events and the final report over HTTP: sent again until they are acknowledged, and given up only in sight.
import { KronosError } from '../common/error.ts';
import { fetchText } from '../host/fetch.ts';
import type { EventSink, StepEvent } from './event.ts';

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
  /** Sends a text (default: POST over HTTP). Throws where it was not acknowledged. */
  send?: ((text: string) => Promise<unknown>) | undefined;
  /** Milliseconds for a pause (default setTimeout); tests need not wait. */
  pause?: ((milliseconds: number) => Promise<void>) | undefined;
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
  error?: Readonly<Record<string, unknown>> | undefined;
  /** The step that failed. */
  step?: string | undefined;
  /** The last lines of the journal. */
  log: readonly string[];
}

/** Events that wait at the most; of more, progress goes first: it is soon out of date. */
const QUEUE_LIMIT = 500;

/** Seconds for which the final report is sent again. */
const REPORT_SECONDS = 600;

const LONGEST_PAUSE = 30_000;

export interface Reporter {
  sink: EventSink;
  /** Sends what waits and the report; false where it was given up. */
  finish: (report: Report) => Promise<boolean>;
}

/** A reporter that sends in the background and in order. */
export function createReporter(options: ReporterOptions): Reporter {
  const { url, fingerprint, token, host, scrub, note } = options;
  const pause = options.pause ?? ((ms) => new Promise<void>((done) => setTimeout(done, ms)));
  const send = options.send ?? ((text) => fetchText(url, { fingerprint, post: { text, token } }));
  let queue: StepEvent[] = [];
  let sending: Promise<void> | undefined;
  let failures = 0;
  let closing = false;

  const pump = async (): Promise<void> => {
    while (queue.length > 0 && !closing) {
      const batch = queue;
      queue = [];
      try {
        await send(scrub(JSON.stringify({ host, events: batch })));
        failures = 0;
      } catch (error) {
        queue = shorten([...batch, ...queue]);
        failures += 1;
        if (failures === 1) note(`report: ${describe(error)}; trying again`);
        if (isFinal(error)) return;
        await pause(Math.min(LONGEST_PAUSE, 500 * 2 ** failures));
      }
    }
  };
  return {
    sink: (event) => {
      queue = shorten([...queue, event]);
      sending ??= pump().finally(() => (sending = undefined));
    },
    finish: async (report) => {
      const until = performance.now() + REPORT_SECONDS * 1000;
      closing = true;
      await Promise.race([sending, pause(LONGEST_PAUSE)]);
      const text = scrub(JSON.stringify({ host, events: queue, report }));
      for (let attempt = 1; ; attempt += 1) {
        try {
          await send(text);
          return true;
        } catch (error) {
          const left = Math.round((until - performance.now()) / 1000);
          if (isFinal(error) || left <= 0) {
            note(`the report was not delivered: ${describe(error)}`);
            return false;
          }
          note(`report: ${describe(error)}; trying again for ${left} s`);
          await pause(Math.min(LONGEST_PAUSE, 500 * 2 ** attempt));
        }
      }
    },
  };
}

function shorten(events: readonly StepEvent[]): StepEvent[] {
  if (events.length <= QUEUE_LIMIT) return [...events];
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

/** A function that takes every secret out of texts, also as JSON writes it. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]).filter(Boolean),
  );
  // The longest first, so that a secret within another leaves nothing of it.
  const sorted = [...forms].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((rest, secret) => rest.replaceAll(secret, '(removed)'), text);
}
