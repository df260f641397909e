// The report of a run: one message at its end, whether it went well or not, besides the stream of events.
import { milliseconds } from '../common/clock.ts';
import { errorToJson, formatError, KronosError, KronosErrors } from '../common/error.ts';
import { readTextOrUndefined } from '../common/files.ts';
import { shownUrl } from '../host/fetch.ts';
import type { EventSink } from './event.ts';
import { createReporter, type Report, type ReporterOptions } from './reporter.ts';

/** Lines of the journal that go along with a report. */
const LOG_LINES = 60;

export interface ReportTarget {
  url: string;
  /** SHA-256 of the certificate that the server must show. */
  fingerprint?: string | undefined;
  token?: string | undefined;
}

export interface RunReportOptions {
  target: ReportTarget;
  stage: string;
  /** Who reports. */
  host: ReporterOptions['host'];
  journal: string;
  scrub: (text: string) => string;
  note: (text: string) => void;
  /** How it is sent and for how long it is tried; for tests also how long a pause is. */
  reporter?: Pick<ReporterOptions, 'send' | 'keep' | 'seconds' | 'pause' | 'clock'> | undefined;
}

/** How a run ended. */
export interface RunResult {
  /** What was done or tried. */
  facts: Report['facts'];
  /** What made it fail. */
  error?: unknown;
  /** The step that failed. */
  step?: string | undefined;
}

export interface RunReport<T = RunResult> {
  sink: EventSink;
  /** Sends what waits and the report; one that could not be delivered is said, and changes nothing about the run: false. */
  finish: (end: T) => Promise<boolean>;
}

/** Begins to report a run. */
export function openReport(options: RunReportOptions): RunReport {
  const { target, stage, host, journal: path, scrub, note } = options;
  const reporter = createReporter({ ...target, host, scrub, note, ...options.reporter });
  const started = milliseconds();
  return {
    sink: reporter.sink,
    finish: async ({ facts, error, step }) => {
      const journal = (await readTextOrUndefined(path)) ?? '';
      const report: Report = {
        ...{ format: 'kronos-report', version: 1, stage, facts },
        result: error === undefined ? 'ok' : 'failed',
        seconds: Math.round((milliseconds() - started) / 1000),
        ...(error === undefined ? {} : { error: describeError(error), step }),
        log: journal.trim().split('\n').slice(-LOG_LINES),
      };
      const delivered = await reporter.finish(report);
      if (delivered) note(`reported to ${shownUrl(target.url)}`);
      return delivered;
    },
  };
}

/** Code, message and hint of an error; of several mistakes those of the first, and all of them below. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof KronosErrors)) {
    const text = errorToJson(error);
    // What a defect has to say is where it happened.
    return error instanceof KronosError
      ? text
      : { ...text, details: { trace: formatError(error) } };
  }
  const [first] = error.errors;
  return { ...errorToJson(first), message: error.message, ...errorToJson(error) };
}
