// A screen as data: 24 lines of at most 80 characters of ASCII, each a row of spans, and where the cursor stands.
import { plain } from '../../host/select/text.ts';

export const ROWS = 24;
export const COLUMNS = 80;

/** Lines that a page has for itself, between the title and what is said below. */
export const BODY_ROWS = 18;

/** Characters of a line of text with the margin on both sides taken off. */
export const TEXT_COLUMNS = COLUMNS - 4;

export interface Span {
  text: string;
  /** Only what a terminal without colour can show; nothing may be told by it alone. */
  style?: 'inverse' | 'bold';
}

export type Line = readonly Span[];

/** A place on the screen, counted from 0. */
export interface Place {
  row: number;
  column: number;
}

export interface Screen {
  /** Always as many as ROWS. */
  lines: readonly Line[];
  /** Left out where nothing is typed: the cursor is hidden then. */
  cursor?: Place | undefined;
}

export interface FrameParts {
  title: string;
  /** At the right end of the title. */
  corner: string;
  body: readonly Line[];
  /** In the body. */
  cursor?: Place | undefined;
  /** What is wrong or being done, at most two lines. */
  message: readonly string[];
  /** Which keys do what. */
  keys: string;
}

/** Where the body begins. */
const BODY_TOP = 2;

/** A page in its frame: title above, message and keys below. What does not fit is cut. */
export function frame(parts: FrameParts): Screen {
  const { title, corner, body, cursor, message, keys } = parts;
  const room = COLUMNS - 3 - corner.length;
  const bar = ` ${title.slice(0, room).padEnd(room)} ${corner} `;
  const blank: Line = [];
  const lines: Line[] = [
    [{ text: bar, style: 'inverse' }],
    blank,
    ...Array.from({ length: BODY_ROWS }, (_, row) => body[row] ?? blank),
    ...[0, 1].map((row): Line => {
      const text = message[row];
      return text === undefined ? blank : [{ text: `  ${text}`, style: 'bold' }];
    }),
    [{ text: '-'.repeat(COLUMNS) }],
    // A character in the last column of the last line would scroll some terminals.
    [{ text: ` ${keys}`.slice(0, COLUMNS - 1) }],
  ];
  return {
    lines: lines.map(fitLine),
    cursor:
      cursor === undefined || cursor.row >= BODY_ROWS
        ? undefined
        : {
            row: cursor.row + BODY_TOP,
            column: Math.min(Math.max(0, cursor.column), COLUMNS - 1),
          },
  };
}

/** A line of one span, two columns in. */
export function textLine(text: string, style?: Span['style']): Line {
  return [{ text: '  ' }, style === undefined ? { text } : { text, style }];
}

/** The characters of a line without trailing blanks. */
export function lineText(line: Line): string {
  return line
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

/** The whole screen as text: what a person reads who sees neither inverse nor bold. */
export function screenText(screen: Screen): string {
  return screen.lines.map((line) => `${lineText(line)}\n`).join('');
}

/** No control characters, nothing but ASCII, and no wider than the screen. */
function fitLine(line: Line): Line {
  let room = COLUMNS;
  const fitted: Span[] = [];
  for (const { text, style } of line) {
    const shown = ascii(text).slice(0, room);
    room -= shown.length;
    if (shown !== '') fitted.push(style === undefined ? { text: shown } : { text: shown, style });
  }
  return fitted;
}

/** One character for each that was there, also for those outside of the basic plane. */
export function ascii(text: string): string {
  return Array.from(text, (char) => (char === ' ' ? char : plain(char) || '?')).join('');
}
