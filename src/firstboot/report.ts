// The report of a first boot: only of runs that did something or failed; a host that starts as it was says nothing.
import { scrubValue, type Scrubber } from '../steps/scrub.ts';
import type { EventSink, StepEvent } from '../steps/event.ts';
import { openReport, type RunReport, type RunReportOptions } from '../steps/run-report.ts';
import type { BootContext } from './context.ts';

export interface BootReportOptions {
  context: Pick<BootContext, 'hostFile' | 'installed' | 'secrets'>;
  journal: string;
  scrub: Scrubber;
  note: (text: string) => void;
  /** For tests. */
  reporter?: RunReportOptions['reporter'];
}

/** Events that say only that all is as it was. */
const QUIET = new Set<StepEvent['state']>(['started', 'skipped']);

/** A report that begins with the first event worth one; where the host file names no address, none. */
export function startBootReport(options: BootReportOptions): RunReport<{ error?: unknown }> {
  const { context, journal, scrub, note, reporter } = options;
  const { hostFile, installed, secrets } = context;
  const { report: target } = hostFile;
  if (target === undefined) return { sink: () => undefined, finish: () => Promise.resolve() };
  let waiting: StepEvent[] = [];
  let open: RunReport | undefined;
  let failed: string | undefined;
  const sink: EventSink = (event) => {
    if (event.state === 'failed') failed ??= event.step;
    waiting.push(scrubValue(event, scrub));
    if (open === undefined && QUIET.has(event.state)) return;
    open ??= openReport({
      target: { url: target.url, fingerprint: target.fingerprint, token: secrets.report },
      ...{ stage: 'firstboot', journal, scrub, note, reporter },
      host: { hostname: hostFile.hostname },
    });
    for (const one of waiting) open.sink(one);
    waiting = [];
  };
  return {
    sink,
    finish: async ({ error }) => {
      const { version, edition } = installed;
      await open?.finish({ facts: { version, edition }, error, step: failed });
    },
  };
}
