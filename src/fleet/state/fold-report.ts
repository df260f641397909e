// What machines tell of themselves: steps, and how a stage ended.
import type { Report } from '../../steps/reporter.ts';
import type { MachineEvent } from './event.ts';
import type { Failure, MachineRecord } from './record.ts';

/** States between the host file and the end. */
const UNDER_WAY: ReadonlySet<MachineRecord['state']> = new Set([
  'installing', 'first-boot', 'joined',
]); // prettier-ignore

/** Runs that are remembered: an installation, and first boots with those of later starts. */
const RUNS = 16;

/** A step of an installation or of a first boot. One that was taken before, or that comes too late, changes nothing. */
export function foldStep(
  machine: MachineRecord,
  event: Extract<MachineEvent, { type: 'step' }>,
  time: string,
): MachineRecord {
  const run = machine.runs[event.run];
  if (run !== undefined && (run.reported || run.number >= event.number)) return machine;
  const { stage, step, state, percent, message } = event;
  const heard: MachineRecord = {
    ...machine,
    heard: true,
    runs: keepRun(machine.runs, event.run, { number: event.number, reported: false }),
  };
  if (!UNDER_WAY.has(machine.state)) return heard;
  const next: MachineRecord = {
    ...heard,
    updated: time,
    step: { stage, step, state, percent, message },
  };
  if (stage !== 'firstboot') return next;
  // The report of the installation may have been lost, but nothing starts for the first time without one.
  if (machine.state === 'installing') next.state = 'first-boot';
  const done = state === 'finished' || state === 'skipped';
  if (step === 'pool' && done && machine.role === 'member') next.state = 'joined';
  return next;
}

/** How a stage ended. */
export function foldReport(
  machine: MachineRecord,
  event: Extract<MachineEvent, { type: 'reported' }>,
  time: string,
): MachineRecord {
  const run = machine.runs[event.run];
  if (run?.reported === true) return machine;
  const heard: MachineRecord = {
    ...machine,
    heard: true,
    runs: keepRun(machine.runs, event.run, { number: run?.number ?? 0, reported: true }),
  };
  const { report } = event;
  const good = report.result === 'ok';
  if (good && report.stage === 'firstboot') return finish(heard, report, time);
  if (!UNDER_WAY.has(machine.state)) return heard;
  if (!good) {
    const failure = readFailure(report);
    return { ...heard, state: 'failed', failure, updated: time };
  }
  if (machine.state !== 'installing') return { ...heard, updated: time };
  return { ...heard, state: 'first-boot', step: undefined, updated: time };
}

/**
 * A first boot went well. That counts also for a host that was given up because it was silent, or whose first boot
 * failed before; not for one that could not be installed or is to be installed again: that is an old report.
 */
function finish(machine: MachineRecord, report: Report, time: string): MachineRecord {
  const mended = machine.state === 'failed' && machine.failure?.stage !== 'install';
  const under = UNDER_WAY.has(machine.state);
  if (!under && !mended && machine.state !== 'ready') return machine;
  return {
    ...machine,
    state: 'ready',
    failure: undefined,
    step: undefined,
    coordinator: readCoordinator(report.facts['coordinator']) ?? machine.coordinator,
    updated: time,
    readyAt: machine.state === 'ready' ? machine.readyAt : time,
  };
}

/** Address and fingerprint that members are given; nothing of what does not look like it. */
function readCoordinator(fact: unknown): MachineRecord['coordinator'] {
  if (typeof fact !== 'object' || fact === null) return undefined;
  const { address, fingerprint } = fact as Record<string, unknown>;
  if (typeof address !== 'string' || !/^[A-Za-z0-9.:-]{1,255}$/.test(address)) return undefined;
  if (typeof fingerprint !== 'string') return undefined;
  const digits = fingerprint.replaceAll(':', '').toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? { address, fingerprint: digits } : undefined;
}

function readFailure(report: Report): Failure {
  const error = report.error ?? {};
  const text = (key: string): string | undefined =>
    typeof error[key] === 'string' ? error[key] : undefined;
  return {
    stage: report.stage,
    step: report.step,
    code: text('code') ?? 'internal/defect',
    message: text('message') ?? 'it did not say why',
    hint: text('hint'),
    log: report.log,
  };
}

function keepRun(
  runs: MachineRecord['runs'],
  name: string,
  run: MachineRecord['runs'][string],
): MachineRecord['runs'] {
  const others = Object.entries(runs).filter(([other]) => other !== name);
  return Object.fromEntries([...others.slice(1 - RUNS), [name, run]]);
}
