// What became of every part of an answer file: notes for what was read, errors for what cannot be right.
import { formatLocation, KronosError, KronosErrors, type Location } from '../../common/error.ts';
import { shorten } from '../../common/format.ts';

/** What became of an element or attribute. */
export type NoteKind = 'kept' | 'changed' | 'cannot be kept';

export interface Note {
  kind: NoteKind;
  /** `<primary-disk>`, `vlan of <admin-interface>`, `a comment`. */
  subject: string;
  /** What it meant, or what it is now. */
  message: string;
  /** What the person can do about it. */
  todo?: string;
  location: Location;
}

/** Something that has a name and a place in the answer file. */
export interface Placed {
  subject: string;
  location: Location;
}

/** More than this many mistakes in one file are only counted. */
const MISTAKE_LIMIT = 50;
/** Characters of the person's own text that a message repeats. */
const QUOTE_LIMIT = 60;

/** Gathers notes and mistakes and knows which parts have none yet. */
export class Report {
  private readonly notes: Note[] = [];
  private readonly errors: KronosError[] = [];
  private readonly covered = new Set<Placed>();
  private uncounted = 0;

  /** It means the same in the host file. */
  kept(at: Placed, message: string): void {
    this.remark('kept', at, message);
    this.cover(at);
  }

  /** It is in the host file, but not as it was. */
  changed(at: Placed, message: string, todo: string): void {
    this.remark('changed', at, message, todo);
    this.cover(at);
  }

  /** The host file has no place for it. */
  lost(at: Placed, message: string, todo: string): void {
    this.remark('cannot be kept', at, message, todo);
    this.cover(at);
  }

  /** Says something about a part whose own note comes from elsewhere. */
  remark(kind: NoteKind, at: Placed, message: string, todo?: string): void {
    const { subject, location } = at;
    this.notes.push({ kind, subject, message, location, ...(todo === undefined ? {} : { todo }) });
  }

  /** The note or mistake of another part speaks for this one as well. */
  cover(...parts: readonly (Placed | undefined)[]): void {
    for (const part of parts) if (part !== undefined) this.covered.add(part);
  }

  isCovered(part: Placed): boolean {
    return this.covered.has(part);
  }

  /** `code` and `message` are those of the error that stops the import once all of the file was looked at. */
  mistake(
    code: `input/${string}`,
    message: string,
    options: { at: Placed; hint?: string | undefined },
  ): void {
    this.cover(options.at);
    if (this.errors.length >= MISTAKE_LIMIT) {
      this.uncounted += 1;
      return;
    }
    const { location } = options.at;
    this.errors.push(new KronosError(code, message, { location, hint: options.hint }));
  }

  /** True once this many mistakes are written down that working out more hints is a waste. */
  get isFull(): boolean {
    return this.errors.length >= MISTAKE_LIMIT;
  }

  /** Throws all mistakes in the order of the file. */
  throwMistakes(file: string): void {
    if (this.errors.length === 0) return;
    const more =
      this.uncounted === 0
        ? []
        : [
            new KronosError(
              'input/too-many-mistakes',
              `there are ${String(this.uncounted)} more mistakes in this file`,
              { location: { file }, hint: 'is this an answer file?' },
            ),
          ];
    throw new KronosErrors([...this.errors.sort(byPlace), ...more]);
  }

  /** All notes in the order of the file. */
  list(): Note[] {
    return [...this.notes].sort(byPlace);
  }
}

/** `answers.xml:3:5: kept: <hostname>: ...` and what to do on a line of its own. */
export function formatNote(note: Note): string {
  const first = `${formatLocation(note.location)}: ${note.kind}: ${note.subject}: ${note.message}`;
  return note.todo === undefined ? first : `${first}\n  do: ${note.todo}`;
}

/** A person's text in a message: one line, and short. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text, QUOTE_LIMIT)).replaceAll(/[\p{Cc}\u2028\u2029\ufeff]/gu, ' ');
}

/** A URL as it may be shown: without user, password and what follows the path. */
export function shownUrl(url: string): string {
  return quote(withoutCredentials(url).replace(/[?#].*$/s, ''));
}

/** A URL without user and password. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]*:?\/\/)[^/]*@/i, '$1');
}

function byPlace(a: { location?: Location | undefined }, b: typeof a): number {
  return (
    (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
    (a.location?.column ?? 0) - (b.location?.column ?? 0)
  );
}
