// The terminal that the screens are on: raw while they are shown, as it was in every other moment.
import type { ReadStream, WriteStream } from 'node:tty';
import { BEGIN, END } from './draw.ts';

export interface Terminal {
  /** `tty1`, `hvc0`. */
  name: string;
  /** Undefined where the terminal does not say, as serial lines do not. */
  size: () => { columns: number; rows: number } | undefined;
  write: (text: string) => void;
  onBytes: (listener: (bytes: Buffer) => void) => void;
  onResize: (listener: () => void) => void;
  /** Called once when nothing more can come: the line hung up. */
  onEnd: (listener: () => void) => void;
  /** Takes the terminal over: raw, empty. */
  take: () => void;
  /** Gives it back as it was, for a shell or for good. */
  release: () => void;
}

/** The terminal that a program was started on. It is given back however the program ends. */
export function openTerminal(input: ReadStream, output: WriteStream, name: string): Terminal {
  let taken = false;
  const release = (): void => {
    if (!taken) return;
    taken = false;
    process.off('exit', release);
    try {
      input.setRawMode(false);
      input.pause();
      output.write(END);
    } catch {
      // The line is gone; there is nothing to give back.
    }
  };
  return {
    name,
    size: () => {
      const { columns, rows } = output;
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    write: (text) => {
      output.write(text);
    },
    onBytes: (listener) => {
      input.on('data', (chunk: Buffer | string) => {
        if (taken) listener(Buffer.from(chunk));
      });
    },
    onResize: (listener) => {
      output.on('resize', listener);
    },
    onEnd: (listener) => {
      input.once('end', listener);
      input.once('error', listener);
      output.once('error', listener);
    },
    take: () => {
      if (taken) return;
      taken = true;
      // Also after an error that nobody caught.
      process.on('exit', release);
      input.setRawMode(true);
      input.resume();
      output.write(BEGIN);
    },
    release,
  };
}
