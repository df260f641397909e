// The report of an installation: one message at its end, whether it went well or not, besides the stream of events.
import { errorToJson, formatError, KronosError, KronosErrors } from '../common/error.ts';
import { readTextOrUndefined } from '../common/files.ts';
import { shownUrl } from '../host/fetch.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import { readSecret, type ReadSecretOptions } from '../host/secret.ts';
import type { Facts } from '../host/variables.ts';
import type { EventSink } from '../steps/event.ts';
import { createReporter, type Report, type ReporterOptions } from '../steps/reporter.ts';
import type { Scrubber } from '../steps/scrub.ts';
import { JOURNAL } from './sinks.ts';

/** Lines of the journal that go along with a report. */
const LOG_LINES = 60;

export interface ReportSubject {
  hostFile: HostFile;
  facts: Facts;
  /** Of Kronos. */
  version: string;
  /** Where the token is read from. */
  secrets: ReadSecretOptions;
  scrub: Scrubber;
  note: (text: string) => void;
  journal?: string;
  /** For tests: how it is sent and how long a pause is. */
  reporter?: Pick<ReporterOptions, 'send' | 'pause' | 'clock'>;
}

/** How a run ended. */
export interface RunEnd {
  /** Digest of the plan, where there was one. */
  plan?: string | undefined;
  /** What made it fail. */
  error?: unknown;
  /** The step that failed. */
  step?: string | undefined;
}

export interface RunReport {
  sink: EventSink;
  /** Sends what waits and the report; one that could not be delivered is said, and changes nothing about the run. */
  finish: (end: RunEnd) => Promise<void>;
}

/**
 * Begins to report a run to the address that the host file names; without one nothing is sent.
 * Errors: those of readSecret, for the token.
 */
export async function startReport(subject: ReportSubject): Promise<RunReport> {
  const { hostFile, facts, scrub, note, secrets } = subject;
  const { report: target } = hostFile;
  if (target === undefined) return { sink: () => undefined, finish: () => Promise.resolve() };
  const token = target.token === undefined ? undefined : await readSecret(target.token, secrets);
  if (token !== undefined) scrub.learn(token);
  const reporter = createReporter({
    ...{ url: target.url, fingerprint: target.fingerprint, token, note, scrub },
    host: { hostname: hostFile.hostname, ...facts },
    ...subject.reporter,
  });
  const started = performance.now();
  return {
    sink: reporter.sink,
    finish: async ({ plan, error, step }) => {
      const journal = (await readTextOrUndefined(subject.journal ?? JOURNAL)) ?? '';
      const report: Report = {
        ...{ format: 'kronos-report', version: 1, stage: 'install' },
        result: error === undefined ? 'ok' : 'failed',
        seconds: Math.round((performance.now() - started) / 1000),
        facts: { plan, version: subject.version },
        ...(error === undefined ? {} : { error: describeError(error), step }),
        log: journal.trim().split('\n').slice(-LOG_LINES),
      };
      if (await reporter.finish(report)) note(`reported to ${shownUrl(target.url)}`);
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
