// The consoles of the machine, and where the journal of an installation is.
import { appendFileSync, readFileSync } from 'node:fs';
import type { EventSink } from '../steps/event.ts';
import { textSink } from '../steps/sinks.ts';

/** The journal of a run; copied to the installed disk at its end. */
export const JOURNAL = '/run/kronos/install.jsonl';

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

/** Lines for whoever stands before any of them. */
export function consoleSink(): EventSink {
  return textSink(tellConsoles);
}
