// Where events go: lines for people, lines of JSON, a journal on the disk.
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { milliseconds } from '../common/clock.ts';
import { formatBytes } from '../common/format.ts';
import type { EventSink, StepEvent } from './event.ts';

/** One line for people: `[ 42%] Copying the system  118.2 MB of 486.0 MB`. */
export function formatEvent(event: StepEvent): string {
  const percent = `[${String(event.percent).padStart(3)}%]`;
  const { bytes, total } = event;
  if (event.state === 'failed') return `FAILED ${event.message}`;
  const moved =
    bytes === undefined || total === undefined
      ? ''
      : `  ${formatBytes(bytes)} of ${formatBytes(total)}`;
  return `${percent} ${event.message}${moved}`;
}

/** Milliseconds between two lines about the same step: a log is read afterwards, on slow lines also while it grows. */
const LINE_INTERVAL = 5000;

/** Says whether an event is worth a line: starts and failures, and progress now and then. */
function createSieve(): (event: StepEvent) => boolean {
  let last = -Infinity;
  return (event) => {
    if (event.state === 'started') last = milliseconds();
    if (event.state !== 'progress') return event.state === 'started' || event.state === 'failed';
    if (event.bytes !== undefined && milliseconds() - last < LINE_INTERVAL) return false;
    last = milliseconds();
    return true;
  };
}

/** Lines for people: starts, failures, and progress now and then. */
export function textSink(write: (text: string) => void): EventSink {
  const isWorthALine = createSieve();
  return (event) => {
    if (isWorthALine(event)) write(`${formatEvent(event)}\n`);
  };
}

/** One JSON document a line. */
export function jsonSink(write: (text: string) => void): EventSink {
  return (event) => {
    write(`${JSON.stringify(event)}\n`);
  };
}

/**
 * The journal of the run, for the installed disk and for whoever looks after a failure. Where it cannot be written, that
 * is said once, and the run goes on.
 */
export function journalSink(path: string, note: (text: string) => void): EventSink {
  let said = false;
  return (event) => {
    try {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, `${JSON.stringify(event)}\n`, { mode: 0o600 });
    } catch (error) {
      if (!said) note(`the journal ${path} cannot be written: ${String(error)}`);
      said = true;
    }
  };
}

/** All of them. */
export function joinSinks(sinks: readonly EventSink[]): EventSink {
  return (event) => {
    for (const sink of sinks) sink(event);
  };
}
