// Lines for whoever watches the server. A flood of the same kind of line becomes a few lines and a count, so that a
// hostile network can neither fill a disk nor hide what matters.
import { shorten } from '../../common/format.ts';

/** What a line is about. */
export type NoteKind =
  /** What happened to a machine or to the fleet. */
  | 'event'
  /** A request that was turned away. */
  | 'refused'
  /** A machine that is known was turned away. */
  | 'warned'
  /** What dnsmasq says. */
  | 'dnsmasq'
  /** Too many at once. */
  | 'crowd'
  /** Something of ours went wrong. */
  | 'error';

export type Note = (kind: NoteKind, text: string) => void;

/** Lines of a kind in a period; events are bounded by what makes them. */
const MOST_LINES = 20;

/** Milliseconds. */
const PERIOD = 10_000;

/** Characters of a line. */
const LONGEST = 500;

export interface Notebook {
  note: Note;
  /** Tells what was left out so far. */
  close: () => void;
}

/** `write` gets one line at a time, free of control characters: what strangers send cannot move a terminal. */
export function createNotebook(write: (line: string) => void): Notebook {
  const counts = new Map<NoteKind, number>();
  const tellRest = (): void => {
    for (const [kind, count] of counts) {
      if (count > MOST_LINES) write(`and ${count - MOST_LINES} more lines like these (${kind})`);
    }
    counts.clear();
  };
  const timer = setInterval(tellRest, PERIOD);
  timer.unref();
  return {
    note: (kind, text) => {
      const count = (counts.get(kind) ?? 0) + 1;
      if (kind !== 'event') counts.set(kind, count);
      if (kind === 'event' || count <= MOST_LINES) write(printable(text));
    },
    close: () => {
      clearInterval(timer);
      tellRest();
    },
  };
}

/** A text on one line, without what a terminal would act on, and not too long. */
export function printable(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ');
  return shorten(plain, LONGEST);
}
