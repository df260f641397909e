// Connects a person's terminal with a serial console, as QEMU itself would, but with the log and our own keys beside it.
import type { Readable, Writable } from 'node:stream';
import type { Console } from './console.ts';

export interface TerminalStreams {
  input: Readable;
  output: Writable;
}

/**
 * Shows the console on the terminal; with `interactive` the person's keys go to the guest, Ctrl-C too, and Ctrl-A X
 * ends QEMU, whose monitor looks at the keys first. Returns a function that gives the terminal back.
 */
export function attachTerminal(
  console: Console,
  { input, output }: TerminalStreams,
  options: { interactive: boolean },
): () => void {
  const stopOutput = console.onBytes((chunk) => output.write(chunk));
  if (!options.interactive) return stopOutput;
  const raw = canBeRaw(input) && input.isTTY === true ? input : undefined;
  raw?.setRawMode(true);
  const type = (chunk: Buffer | string): void => console.send(chunk);
  input.on('data', type);
  input.resume();
  return () => {
    stopOutput();
    input.off('data', type);
    input.pause();
    raw?.setRawMode(false);
  };
}

interface RawInput extends Readable {
  isTTY?: boolean;
  setRawMode: (on: boolean) => unknown;
}

function canBeRaw(input: Readable): input is RawInput {
  return 'setRawMode' in input && typeof input.setRawMode === 'function';
}
