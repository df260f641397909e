// A text that may be longer than its place.
import type { Key } from '../keys.ts';
import { COLUMNS, type Line } from '../screen.ts';

/** The first line that is seen after a key, or undefined where the key scrolls nothing. */
export function scrollText(
  top: number,
  key: Key,
  count: number,
  height: number,
): number | undefined {
  const to = (line: number): number => Math.max(0, Math.min(count - height, line));
  switch (key.name) {
    case 'up':
      return to(top - 1);
    case 'down':
      return to(top + 1);
    case 'page-up':
      return to(top - height + 1);
    case 'page-down':
      return to(top + height - 1);
    case 'home':
      return 0;
    case 'end':
      return to(count);
    default:
      return undefined;
  }
}

const WIDTH = COLUMNS - 2;

/** The lines that are seen; `^` and `v` in the last column say that there is more. */
export function renderText(lines: readonly string[], top: number, height: number): Line[] {
  const first = Math.max(0, Math.min(top, lines.length - height));
  return lines.slice(first, first + height).map((line, row): Line => {
    const above = row === 0 && first > 0;
    const below = row === height - 1 && first + height < lines.length;
    if (!above && !below) return [{ text: line }];
    return [{ text: line.slice(0, WIDTH).padEnd(WIDTH) }, { text: above ? ' ^' : ' v' }];
  });
}
