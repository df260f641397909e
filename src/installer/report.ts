// The report of an installation: to the address that the host file names, where it names one.
import type { HostFile } from '../host/schema/host-file.ts';
import { readSecret, type ReadSecretOptions } from '../host/secret.ts';
import type { Facts } from '../host/variables.ts';
import type { ReporterOptions } from '../steps/reporter.ts';
import { openReport, type RunReport } from '../steps/run-report.ts';
import type { Scrubber } from '../steps/scrub.ts';
import { JOURNAL } from './sinks.ts';

export interface ReportSubject {
  hostFile: Pick<HostFile, 'hostname' | 'report'>;
  facts: Facts;
  /** Of Kronos. */
  version: string;
  /** Where the token is read from. */
  secrets: ReadSecretOptions;
  scrub: Scrubber;
  note: (text: string) => void;
  journal?: string;
  /** For how long it is tried; for tests how it is sent and how long a pause is. */
  reporter?: Pick<ReporterOptions, 'send' | 'seconds' | 'pause' | 'clock'>;
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

/** Reports an installation. */
export type InstallReport = RunReport<RunEnd>;

/**
 * Begins to report a run; without an address nothing is sent.
 * Errors: those of readSecret, for the token.
 */
export async function startReport(subject: ReportSubject): Promise<InstallReport> {
  const { hostFile, facts, scrub, note, secrets, version, journal = JOURNAL } = subject;
  const { report: target } = hostFile;
  if (target === undefined) return { sink: () => undefined, finish: () => Promise.resolve(true) };
  const token = target.token === undefined ? undefined : await readSecret(target.token, secrets);
  if (token !== undefined) scrub.learn(token);
  const { sink, finish } = openReport({
    target: { url: target.url, fingerprint: target.fingerprint, token },
    ...{ stage: 'install', journal, scrub, note, reporter: subject.reporter },
    host: { hostname: hostFile.hostname, ...facts },
  });
  return { sink, finish: ({ plan, ...end }) => finish({ ...end, facts: { plan, version } }) };
}
