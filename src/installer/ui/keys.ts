// From the bytes that a terminal sends to keys. Pure but for the time: the caller says when nothing more came.
import { CONTROLS, LETTERS, LINUX, NUMBERS, type KeyName } from './key-table.ts';

export type Key =
  | { name: KeyName }
  /** What was typed or pasted in one go: characters without controls. */
  | { name: 'text'; text: string }
  /** A terminal that was asked says where its cursor is; counted from 1. */
  | { name: 'position'; row: number; column: number };

export interface KeyDecoder {
  /** The keys that these bytes complete. */
  push: (bytes: Uint8Array) => Key[];
  /** Whether an ESC waits for what may come behind it. */
  waiting: () => boolean;
  /** Called when nothing came for a while: an ESC alone is the key Esc. */
  flush: () => Key[];
}

/** Milliseconds after which an ESC is one, long enough for the slowest serial line. */
export const ESCAPE_MS = 100;

/** Characters after which a control sequence that does not end is given up. */
const LONGEST = 64;

const ESC = '\x1b';

/** Decodes a stream that may be cut anywhere, also inside of a character. */
export function createKeyDecoder(): KeyDecoder {
  const utf8 = new TextDecoder('utf-8');
  let rest = '';
  const take = (end: boolean): Key[] => {
    const keys: Key[] = [];
    while (rest !== '') {
      const step = nextKey(rest, end);
      if (step === undefined) break;
      rest = rest.slice(step.length);
      if (step.key !== undefined) add(keys, step.key);
    }
    return keys;
  };
  return {
    push: (bytes) => {
      rest += utf8.decode(bytes, { stream: true });
      return take(false);
    },
    waiting: () => rest !== '',
    flush: () => take(true),
  };
}

/** Text that came in one piece stays one. */
function add(keys: Key[], key: Key): void {
  const last = keys.at(-1);
  if (key.name === 'text' && last?.name === 'text')
    keys[keys.length - 1] = { name: 'text', text: last.text + key.text };
  else keys.push(key);
}

interface StepTaken {
  /** Characters that were used. */
  length: number;
  key?: Key;
}

/** The first key of a text, or undefined where more must come; `end`: nothing more does. */
function nextKey(text: string, end: boolean): StepTaken | undefined {
  const first = text.charAt(0);
  if (first === ESC) return nextSequence(text, end);
  // A line end of a pasted text is one Enter.
  if (text.startsWith('\r\n')) return { length: 2, key: { name: 'enter' } };
  const code = first.charCodeAt(0);
  if (code < 0x20 || code === 0x7f)
    return { length: 1, key: { name: CONTROLS[code] ?? 'unknown' } };
  // Controls of one byte in another character set.
  if (code >= 0x80 && code < 0xa0) return { length: 1, key: { name: 'unknown' } };
  const char = String.fromCodePoint(text.codePointAt(0) ?? 0);
  return { length: char.length, key: { name: 'text', text: char } };
}

function nextSequence(text: string, end: boolean): StepTaken | undefined {
  const second = text.charAt(1);
  if (second === '') return end ? { length: 1, key: { name: 'escape' } } : undefined;
  if (second === '[') return nextControl(text, end);
  if (second === 'O') {
    const letter = text.charAt(2);
    if (letter === '') return end ? { length: 2, key: { name: 'unknown' } } : undefined;
    // What can be no key of that kind is typed after an Esc and a capital O.
    return { length: 3, key: { name: LETTERS[letter] ?? 'unknown' } };
  }
  if (']PX^_'.includes(second)) return nextAnswer(text, end);
  if (second === ESC) return { length: 1, key: { name: 'escape' } };
  // Shift-Tab of Linux's console, and function keys where a terminal has none: ESC and a digit.
  if (second === '\t') return { length: 2, key: { name: 'back-tab' } };
  if (/\d/.test(second))
    return { length: 2, key: { name: second === '0' ? 'f10' : (`f${Number(second)}` as const) } };
  return { length: 1 + charLength(text, 1), key: { name: 'unknown' } };
}

/** ESC [, parameters, a letter. */
function nextControl(text: string, end: boolean): StepTaken | undefined {
  if (text.charAt(2) === '[') {
    const letter = text.charAt(3);
    if (letter === '') return end ? { length: 3, key: { name: 'unknown' } } : undefined;
    return { length: 4, key: { name: LINUX[letter] ?? 'unknown' } };
  }
  const [whole, parameters = '', final = ''] =
    /^\x1b\[([\x20-\x3f]*)([\x40-\x7e])/.exec(text.slice(0, LONGEST)) ?? [];
  if (whole === undefined) {
    const begun = /^\x1b\[[\x20-\x3f]*/.exec(text)?.[0].length ?? 2;
    const broken = begun < text.length || text.length >= LONGEST;
    return broken || end ? { length: begun, key: { name: 'unknown' } } : undefined;
  }
  return { length: whole.length, ...keyOfControl(parameters, final) };
}

function keyOfControl(parameters: string, final: string): { key?: Key } {
  const [one = 0, two = 0] = parameters.split(';').map(Number);
  if (final === 'R' && /^\d+;\d+$/.test(parameters))
    return { key: { name: 'position', row: one, column: two } };
  // Marks around a pasted text; the text itself is what counts.
  if (final === '~' && (one === 200 || one === 201)) return {};
  const name = final === '~' ? NUMBERS[one] : LETTERS[final];
  return { key: { name: name ?? 'unknown' } };
}

/** A string that the terminal answers with: up to BEL or ESC \. */
function nextAnswer(text: string, end: boolean): StepTaken | undefined {
  const whole = /^\x1b.[^\x07\x1b]*(?:\x07|\x1b\\)/s.exec(text)?.[0];
  if (whole !== undefined) return { length: whole.length };
  const next = text.indexOf(ESC, 2);
  const broken = (next !== -1 && next + 1 < text.length) || text.length >= LONGEST * 16;
  return broken || end ? { length: 1 + charLength(text, 1), key: { name: 'unknown' } } : undefined;
}

function charLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
