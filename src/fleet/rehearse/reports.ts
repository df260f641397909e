// The reporter of a simulated machine: the real one, on the clock of the rehearsal, and with a network that may fail.
import { KronosError } from '../../common/error.ts';
import { createReporter, type Report, type Reporter } from '../../steps/reporter.ts';
import type { Fate, Phase } from './fate.ts';
import type { HostFileParts } from './host-file-parts.ts';
import type { Machine } from './machine.ts';

/** Seconds for which nothing gets through where reports are lost: longer than a first boot keeps trying. */
const OUTAGE = 900;

/** Acknowledgements that are lost where the messages themselves arrive. */
const LOST_ANSWERS = 2;

/** Begins to report a phase of a host. */
export function openReporter(
  machine: Machine,
  { host, parts, fate }: { host: string; parts: HostFileParts; fate: Fate },
  phase: Phase,
): Reporter {
  const { clock, client } = machine.world;
  const { url, fingerprint, token } = parts.report;
  const loses = fate.kind === 'lost-report' && fate.phase === phase ? fate : undefined;
  let outage: number | undefined;
  let answers = 0;
  const send = async (text: string): Promise<void> => {
    const isLast = text.includes('"kronos-report"');
    if (loses?.arrives === false && isLast) {
      outage ??= clock.now() + OUTAGE * 1000;
      // Ends where the rehearsal does.
      await clock.sleep(0);
      if (clock.now() < outage) throw lost();
    }
    const { status } = await client.ask({ url, fingerprint, token, body: text }).catch(fetchFailed);
    if (status < 200 || status > 299) throw lost(`the server answered ${status}`);
    if (loses?.arrives === true && isLast && (answers += 1) <= LOST_ANSWERS) throw lost();
  };
  return createReporter({
    ...{ url, fingerprint, token, send, scrub: (text) => text, note: () => undefined },
    host: { hostname: host, mac: machine.hardware.mac },
    clock: clock.now,
    pause: (milliseconds, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          resolve();
        };
        if (signal?.aborted === true) end();
        signal?.addEventListener('abort', end);
        // When the rehearsal ends, whoever waits in the background waits for good: it would only try again, for ever.
        clock.sleep(milliseconds / 1000).then(end, () => undefined);
      }),
  });
}

/** The end of a phase as it is reported; `seconds`: how long it took. */
export function reportOf(
  stage: Phase,
  seconds: number,
  more: Partial<Report> & Pick<Report, 'facts'>,
): Report {
  const log = [`{"stage":"${stage}","step":"${more.step ?? 'finish'}"}`];
  return {
    ...{ format: 'kronos-report', version: 1, stage, seconds: Math.round(seconds), log },
    result: more.error === undefined ? 'ok' : 'failed',
    ...more,
  };
}

function lost(why = 'no answer'): KronosError {
  return new KronosError('io/fetch-failed', why, { hint: 'it is tried again' });
}

function fetchFailed(error: unknown): never {
  throw error instanceof KronosError ? error : lost(String(error));
}
