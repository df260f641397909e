// What a child process says: read to its end, and no longer than it makes sense.
import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/**
 * Reads a stream; what was read by then, without the final line break, comes from the function. `onTooMuch` is called
 * where there are more than `most` bytes, which are dropped.
 */
export function collect(
  stream: Readable | null,
  most: number,
  onTooMuch: () => void,
): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > most) onTooMuch();
    else chunks.push(chunk);
  });
  return () =>
    Buffer.concat(chunks)
      .toString()
      .replace(/\r?\n$/, '');
}

/** Seconds without output after its end for which what a program left running is listened to. */
const LINGER_SECONDS = 2;
/** The same where there is output all the time. */
const LONGEST_LINGER_SECONDS = 10;

/**
 * Lets go of the pipes some time after the program itself has ended: a daemon that it started, or what is left of it
 * after a timeout, may hold them for ever. Two looks are needed, because after a pause of ours the clock is served
 * before the pipes are.
 */
export function stopReadingAfterEnd(
  child: Pick<ChildProcess, 'once'>,
  streams: readonly (Readable | null)[],
): void {
  let heard = false;
  for (const stream of streams) stream?.on('data', () => (heard = true));
  child.once('exit', () => {
    let quiet = 0;
    let seconds = 0;
    const timer = setInterval(() => {
      quiet = heard ? 0 : quiet + 1;
      seconds += 1;
      heard = false;
      if (quiet < LINGER_SECONDS && seconds < LONGEST_LINGER_SECONDS) return;
      for (const stream of streams) stream?.destroy();
    }, 1000);
    child.once('close', () => {
      clearInterval(timer);
    });
  });
}
