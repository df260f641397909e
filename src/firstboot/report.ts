// The report of a first boot: of runs that did something or failed; a host that starts as it was says nothing. One that
// could not be delivered is kept on the disk, and sent before any other.
import { formatError } from '../common/error.ts';
import { rm } from 'node:fs/promises';
import { fetchText } from '../host/fetch.ts';
import { scrubValue, type Scrubber } from '../steps/scrub.ts';
import type { EventSink, StepEvent } from '../steps/event.ts';
import type { Report } from '../steps/reporter.ts';
import { openReport, type RunReport, type RunReportOptions } from '../steps/run-report.ts';
import type { BootContext } from './context.ts';
import { KEPT, keepReport, listKept, sendKept } from './kept.ts';
import { eraseSecret } from './secrets.ts';

export interface BootReportOptions {
  context: Pick<BootContext, 'hostFile' | 'installed' | 'secrets'>;
  journal: string;
  scrub: Scrubber;
  note: (text: string) => void;
  /** Whether the run reports though it did nothing: the one before failed, or did not come to its end. */
  always?: boolean;
  /** Where reports are kept, and the secrets; other places are for tests. */
  kept?: string | undefined;
  secretsFile?: string | undefined;
  /** For tests. */
  reporter?: RunReportOptions['reporter'];
}

/** How a first boot ended. */
export interface BootEnd {
  error?: unknown;
  /** Told besides version and edition. */
  facts?: Report['facts'] | undefined;
  /** Called as soon as the report outlives a cut, and before it is sent. */
  whenKept?: (() => void) | undefined;
}

/** Events that say only that all is as it was. */
const QUIET = new Set<StepEvent['state']>(['started', 'skipped']);

/** A report that begins with the first event worth one; where the host file names no address, none. */
export function startBootReport(options: BootReportOptions): RunReport<BootEnd> {
  const { context, journal, scrub, note, kept = KEPT } = options;
  const { hostFile, installed } = context;
  const target = targetOf(context);
  if (target === undefined) {
    const finish: RunReport<BootEnd>['finish'] = ({ whenKept }) => {
      whenKept?.();
      return Promise.resolve(true);
    };
    return { sink: () => undefined, finish };
  }
  let waiting: StepEvent[] = [];
  let open: RunReport | undefined;
  let failed: string | undefined;
  let whenKept: BootEnd['whenKept'];
  const post = posterTo(target, options.reporter);
  // Those of this run come later.
  const earlier = listKept(kept);
  earlier.catch(() => undefined);
  const sendEarlier = async (): ReturnType<typeof sendKept> => sendKept(await earlier, post, note);
  const sink: EventSink = (event) => {
    if (event.state === 'failed') failed ??= event.step;
    waiting.push(scrubValue(event, scrub));
    if (open === undefined && options.always !== true && QUIET.has(event.state)) return;
    open ??= openReport({
      ...{ target, stage: 'firstboot', journal, scrub, note },
      host: { hostname: hostFile.hostname },
      reporter: {
        ...options.reporter,
        // What is later must not be heard first.
        send: async (text) => {
          await sendEarlier();
          await post(text);
        },
        keep: async (message) => {
          const path = await keepReport(message, kept).catch((error: unknown) => {
            note(`the report cannot be kept on the disk: ${formatError(error)}`);
          });
          whenKept?.();
          return async () => {
            if (path !== undefined) await rm(path, { force: true });
          };
        },
      },
    });
    for (const one of waiting) open.sink(one);
    waiting = [];
  };
  return {
    sink,
    finish: async (end) => {
      const { error, facts } = end;
      whenKept = end.whenKept;
      const { version, edition } = installed;
      if (open === undefined) {
        whenKept?.();
        return resend(options);
      }
      const told = { version, edition, ...facts };
      const delivered = await open.finish({ facts: told, error, step: failed });
      if (delivered && error === undefined) await forgetToken(options);
      return delivered;
    },
  };
}

/**
 * Sends what earlier runs could not deliver, once; false where it could not be sent now either.
 * Errors: those of node:fs.
 */
export async function resend(
  options: Omit<BootReportOptions, 'journal' | 'scrub' | 'always'>,
): Promise<boolean> {
  const { context, note } = options;
  const target = targetOf(context);
  const paths = await listKept(options.kept);
  if (target === undefined || paths.length === 0) return true;
  try {
    const post = posterTo(target, options.reporter);
    const last = await sendKept(paths, post, note);
    if (last?.report?.result === 'ok') await forgetToken(options);
    return true;
  } catch (error) {
    note(`the report of an earlier run was not delivered:\n${formatError(error)}`);
    return false;
  }
}

type Target = RunReportOptions['target'];

function targetOf({ hostFile, secrets }: BootReportOptions['context']): Target | undefined {
  const { report } = hostFile;
  // The fleet knows all that it wants to know of this host.
  const isDone = secrets.reportUntil !== undefined && secrets.report === undefined;
  if (report === undefined || isDone) return undefined;
  return { url: report.url, fingerprint: report.fingerprint, token: secrets.report };
}

/** What sends a text to the target. */
function posterTo(
  { url, fingerprint, token }: Target,
  reporter: BootReportOptions['reporter'],
): (text: string) => Promise<unknown> {
  return reporter?.send ?? ((text) => fetchText(url, { fingerprint, post: { text, token } }));
}

/** The token of a fleet is of no use once the fleet knows that the host is ready. */
async function forgetToken({
  context,
  secretsFile,
}: Pick<BootReportOptions, 'context' | 'secretsFile'>): Promise<void> {
  if (context.secrets.reportUntil === 'ready') await eraseSecret('report', secretsFile);
}
