// The report of an installation: one message at its end, whether it went well or not, besides the stream of events.
import { readTextOrUndefined } from '../common/files.ts';
import { errorToJson } from '../common/error.ts';
import { readSecret, secretsOf, type ReadSecretOptions } from '../host/secret.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import type { Facts } from '../host/variables.ts';
import type { EventSink } from '../steps/event.ts';
import { createReporter, createScrubber, type Report } from '../steps/reporter.ts';
import { JOURNAL } from './sinks.ts';

/** Lines of the journal that go along with a report. */
const LOG_LINES = 60;

export interface ReportSubject {
  hostFile: HostFile;
  facts: Facts;
  /** Digest. */
  plan: string;
  /** Of Kronos. */
  version: string;
  passwords: ReadonlyMap<string, string>;
  note: (text: string) => void;
}

/**
 * Does the work and reports how it ended to the address that the host file names, if any.
 * Errors: those of the work; a report that could not be delivered is said, and changes nothing about the result.
 */
export async function reportedly(
  subject: ReportSubject,
  secrets: ReadSecretOptions,
  work: (sink: EventSink) => Promise<void>,
): Promise<void> {
  const { report: target } = subject.hostFile;
  if (target === undefined) {
    await work(() => undefined);
    return;
  }
  const token = target.token === undefined ? undefined : await readSecret(target.token, secrets);
  const hidden = [...secretsOf(subject.hostFile), ...subject.passwords.values(), token ?? ''];
  const reporter = createReporter({
    ...{ url: target.url, fingerprint: target.fingerprint, token, note: subject.note },
    host: { hostname: subject.hostFile.hostname, ...subject.facts },
    scrub: createScrubber(hidden.filter((one) => one.length > 1)),
  });
  const started = performance.now();
  let step: string | undefined;
  const finish = async (error?: unknown): Promise<void> => {
    const report: Report = {
      ...{ format: 'kronos-report', version: 1, stage: 'install' },
      result: error === undefined ? 'ok' : 'failed',
      seconds: Math.round((performance.now() - started) / 1000),
      facts: { plan: subject.plan, version: subject.version },
      ...(error === undefined ? {} : { error: errorToJson(error), step }),
      log: ((await readTextOrUndefined(JOURNAL)) ?? '').trim().split('\n').slice(-LOG_LINES),
    };
    await reporter.finish(report);
  };
  try {
    await work((event) => {
      if (event.state === 'failed') step = event.step;
      reporter.sink(event);
    });
  } catch (error) {
    await finish(error);
    throw error;
  }
  await finish();
}
