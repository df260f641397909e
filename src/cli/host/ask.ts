// Questions on a terminal, one line each.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { KronosError } from '../../common/error.ts';

export interface Asker {
  /** An answer without white space around it; empty where only Enter was pressed. */
  ask: (words: string) => Promise<string>;
  /** The same without showing what is typed, and as it was typed. */
  askHidden: (words: string) => Promise<string>;
  say: (line: string) => void;
  close: () => void;
}

/** Asks on these streams. Questions end with `interrupted/cancelled` on Ctrl-C and at the end of the input. */
export function createAsker(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Asker {
  let muted = false;
  const shown = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!muted) output.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input, output: shown, terminal: true });
  const stop = new AbortController();
  for (const event of ['SIGINT', 'close'] as const) {
    lines.on(event, () => {
      stop.abort();
    });
  }
  const question = async (words: string): Promise<string> => {
    try {
      return await lines.question(words, { signal: stop.signal });
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      throw new KronosError('interrupted/cancelled', 'the questions were broken off', {
        hint: 'nothing was written',
      });
    }
  };
  return {
    ask: async (words) => (await question(words)).trim(),
    askHidden: async (words) => {
      output.write(words);
      muted = true;
      try {
        return await question('');
      } finally {
        muted = false;
        output.write('\n');
      }
    },
    say: (line) => {
      output.write(`${line}\n`);
    },
    close: () => {
      lines.close();
    },
  };
}
