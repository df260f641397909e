// Where events go: every console of the machine, a journal, standard output.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatBytes } from '../common/format.ts';
import type { EventSink, StepEvent } from '../steps/event.ts';

/** The journal of a run; copied to the installed disk at its end. */
export const JOURNAL = '/run/kronos/install.jsonl';

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
    if (event.state === 'started') last = performance.now();
    if (event.state !== 'progress') return event.state === 'started' || event.state === 'failed';
    if (event.bytes !== undefined && performance.now() - last < LINE_INTERVAL) return false;
    last = performance.now();
    return true;
  };
}

/** Devices of the kernel's consoles: the screen and the serial line alike. */
export function consoleDevices(): string[] {
  try {
    const active = readFileSync('/sys/class/tty/console/active', 'utf8').trim();
    return active.split(' ').map((name) => `/dev/${name}`);
  } catch {
    return [];
  }
}

/** Whether standard output is one of those consoles; `terminal` is what standard input is, without /dev/. */
export function isConsole(terminal: string): boolean {
  return process.stdout.isTTY && consoleDevices().includes(`/dev/${terminal}`);
}

/** Writes a text to every console. A console that cannot be written to must not stop an installation. */
export function tellConsoles(text: string): void {
  for (const device of consoleDevices()) {
    try {
      appendFileSync(device, text.replaceAll('\n', '\r\n'));
    } catch {
      // Unplugged, or without a reader.
    }
  }
}

export function consoleSink(): EventSink {
  const isWorthALine = createSieve();
  return (event) => {
    if (isWorthALine(event)) tellConsoles(`${formatEvent(event)}\n`);
  };
}

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
