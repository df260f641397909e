// What the stream of events of an installation looks like to a person: how far, how fast, how long, what last.
import type { StepEvent } from '../../steps/event.ts';

export interface Progress {
  /** Milliseconds since 1970. */
  started: number;
  now: number;
  percent: number;
  title: string;
  bytes?: number | undefined;
  total?: number | undefined;
  /** Bytes that were done at earlier times of this step, oldest first. */
  samples: readonly { at: number; bytes: number }[];
  /** What began, ended and was noted, newest last. */
  log: readonly string[];
  /** Whether the person is being asked about stopping; then the button in focus. */
  asking?: number | undefined;
  stopping?: boolean | undefined;
}

/** Lines that are kept. */
const LOG_LINES = 200;

/** Milliseconds over which a rate is measured. */
const RATE_WINDOW = 10_000;

export function startProgress(now: number): Progress {
  return { started: now, now, percent: 0, title: 'Starting', samples: [], log: [] };
}

/** The progress after an event that came at `now`. */
export function addEvent(progress: Progress, event: StepEvent, now: number): Progress {
  // A step that fails is told at its beginning: what was reached is not taken back.
  const percent = Math.max(progress.percent, Math.min(100, event.percent));
  const next = { ...progress, now, percent };
  if (event.state === 'started')
    return { ...withLog(next, event.message, now), title: event.message, ...NO_BYTES };
  if (event.state === 'finished') return { ...next, ...NO_BYTES };
  if (event.state === 'skipped')
    return { ...withLog(next, `${event.message}: not needed`, now), ...NO_BYTES };
  if (event.state === 'failed') return withLog(next, `FAILED: ${event.message}`, now);
  if (event.bytes === undefined)
    return event.message === progress.title ? next : withLog(next, event.message, now);
  const samples = [...progress.samples, { at: now, bytes: event.bytes }].filter(
    ({ at }) => now - at <= RATE_WINDOW,
  );
  return { ...next, bytes: event.bytes, total: event.total, samples };
}

const NO_BYTES = { bytes: undefined, total: undefined, samples: [] };

function withLog(progress: Progress, text: string, now: number): Progress {
  const seconds = Math.max(0, Math.round((now - progress.started) / 1000));
  const clock = `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
  const lines = text
    .split('\n')
    .map((line, index) => `${(index === 0 ? clock : '').padStart(6)}  ${line}`);
  return { ...progress, log: [...progress.log, ...lines].slice(-LOG_LINES) };
}

/** Bytes a second over the last seconds, or undefined before that is known. */
export function rateOf({ samples }: Progress): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
  return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
}

/** Seconds that are left as far as can be told: guesses from the first moments are worse than none. */
export function remainingSeconds({ started, now, percent }: Progress): number | undefined {
  const passed = (now - started) / 1000;
  if (percent < 5 || percent >= 100 || passed < 5) return undefined;
  return (passed * (100 - percent)) / percent;
}

/** `[######............]  37 %`, `width` characters between the brackets. */
export function formatBar(percent: number, width: number): string {
  const full = Math.floor((width * Math.max(0, Math.min(100, percent))) / 100);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${String(percent).padStart(3)} %`;
}
