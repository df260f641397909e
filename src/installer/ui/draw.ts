// From one screen to the next with as few bytes as possible: over a serial line a whole screen takes a fifth of a second.
import { COLUMNS, lineText, type Line, type Screen, type Span } from './screen.ts';

const ESC = '\x1b';

/** Takes the terminal over: a known character set, nothing of what was there. */
export const BEGIN = `${ESC}[0m${ESC}(B\x0f${ESC}[r${ESC}[2J`;

/** Gives it back: cursor on, at the last line, which is free. */
export const END = `${ESC}[0m${ESC}[?25h${ESC}[24;1H${ESC}[K\r\n`;

/**
 * Asks a terminal that does not say its size where the cursor comes to when it is sent too far; the answer is the key
 * `position`.
 */
export const ASK_SIZE = `${ESC}[999;999H${ESC}[6n`;

const STYLES: Readonly<Record<NonNullable<Span['style']>, string>> = {
  inverse: `${ESC}[7m`,
  bold: `${ESC}[1m`,
};

/** What must be sent so that a terminal that shows `before` shows `next`; without `before` all of it. */
export function drawScreen(before: Screen | undefined, next: Screen): string {
  const parts = next.lines.flatMap((line, row) => {
    const old = before?.lines[row];
    if (old !== undefined && sameLine(old, line)) return [];
    return [`${ESC}[${row + 1};1H${drawLine(line)}`];
  });
  const begin = before === undefined ? `${ESC}[0m${ESC}[?25l${ESC}[2J` : '';
  const { cursor } = next;
  const sameCursor =
    before !== undefined &&
    before.cursor?.row === cursor?.row &&
    before.cursor?.column === cursor?.column;
  if (begin === '' && parts.length === 0 && sameCursor) return '';
  // Hidden while lines are drawn, so that it does not run over the screen.
  const hide = begin === '' && before?.cursor !== undefined ? `${ESC}[?25l` : '';
  const show =
    cursor === undefined ? '' : `${ESC}[${cursor.row + 1};${cursor.column + 1}H${ESC}[?25h`;
  return `${begin}${hide}${parts.join('')}${show}`;
}

/** A full line must not be followed by "erase to the end": terminals would take its last character. */
function drawLine(line: Line): string {
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  const text = line.map(drawSpan).join('');
  return length < COLUMNS ? `${text}${ESC}[K` : text;
}

function drawSpan({ text, style }: Span): string {
  return style === undefined ? text : `${STYLES[style]}${text}${ESC}[0m`;
}

function sameLine(a: Line, b: Line): boolean {
  if (a === b) return true;
  return lineText(a) === lineText(b) && styles(a) === styles(b);
}

/** One letter a column. */
function styles(line: Line): string {
  return line
    .map(({ text, style = ' ' }) => style.charAt(0).repeat(text.length))
    .join('')
    .trimEnd();
}
