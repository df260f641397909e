// An installation as a simulated machine goes through it, with what befalls it.
import { drawFate, type Fate } from './fate.ts';
import type { HostFileParts } from './host-file-parts.ts';
import type { Machine, StartEnd } from './machine.ts';
import { openReporter, reportOf } from './reports.ts';
import { eventOf, INSTALL_STEPS, playSteps } from './steps.ts';

/** A cut in this part of an installation comes before anything was told of it. */
const UNHEARD = 0.15;

const WELL: Fate = { kind: 'well' };

export interface Given {
  host: string;
  attempt: number;
  parts: HostFileParts;
}

/** Installs; `failed` was reported. Errors: `interrupted/cancelled`. */
export async function install(machine: Machine, given: Given): Promise<StartEnd | 'failed'> {
  const { world, story, hardware } = machine;
  const { clock, settings } = world;
  const { host, parts, attempt } = given;
  const fate = machine.cutIn === attempt ? WELL : drawFate(settings, hardware.mac, attempt);
  machine.reportToken = parts.report.token;
  const began = clock.now();
  const stopAt = stopOf(fate);
  if (fate.kind === 'power-cut' && stopAt !== undefined && stopAt < UNHEARD) {
    machine.cutIn = attempt;
    return 'starts-again';
  }
  machine.disk = undefined;
  story.installations.push({ host, attempt, fate: fate.kind });
  const reporter = openReporter(machine, { host, parts, fate }, 'install');
  const stopped = await playSteps({
    ...{ clock, stage: 'install', steps: INSTALL_STEPS, seconds: machine.seconds.install },
    ...{ bytes: settings.imageSize * 3, progress: settings.progress, sink: reporter.sink, stopAt },
  });
  const seconds = (clock.now() - began) / 1000;
  story.seconds.install += seconds;
  if (stopped !== undefined && fate.kind === 'power-cut') return 'starts-again';
  if (stopped !== undefined && fate.kind === 'silent') return 'hangs';
  const facts = { plan: '0'.repeat(64), version: 'rehearsal' };
  if (stopped !== undefined) {
    const error = diskError(stopped.title);
    reporter.sink(
      eventOf(clock, {
        ...{ stage: 'install', step: stopped.name, state: 'failed', percent: 0 },
        ...error,
      }),
    );
    await reporter.finish(reportOf('install', seconds, { facts, error, step: stopped.name }));
    return 'failed';
  }
  await reporter.finish(reportOf('install', seconds, { facts }));
  machine.disk = { host, parts, fate, through: false };
  return 'starts-again';
}

function stopOf(fate: Fate): number | undefined {
  if (fate.kind === 'disk-error') return fate.at;
  if (fate.kind === 'power-cut' || fate.kind === 'silent')
    return fate.phase === 'install' ? fate.at : undefined;
  return undefined;
}

function diskError(doing: string): { code: string; message: string; hint: string } {
  return {
    code: 'io/disk-failed',
    message: `${doing}: the disk or the medium answers with errors`,
    hint: 'take another disk; this one is simulated',
  };
}
