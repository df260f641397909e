// A list of which some is seen: the chosen line stays in sight.
import type { Key } from '../keys.ts';
import { COLUMNS, type Line } from '../screen.ts';

/** The place of the chosen line after a key, or undefined where the key is none of a list. */
export function moveInList(
  index: number,
  key: Key,
  count: number,
  height: number,
): number | undefined {
  const to = (place: number): number => Math.max(0, Math.min(count - 1, place));
  switch (key.name) {
    case 'up':
      return to(index - 1);
    case 'down':
      return to(index + 1);
    case 'page-up':
      return to(index - height);
    case 'page-down':
      return to(index + height);
    case 'home':
      return 0;
    case 'end':
      return to(count - 1);
    default:
      return undefined;
  }
}

/** The first and the number of lines that are seen, the chosen one as much in the middle as there is room. */
export function windowOf(
  index: number,
  count: number,
  height: number,
): { top: number; shown: number } {
  const shown = Math.min(count, height);
  const top = Math.max(0, Math.min(index - Math.floor(height / 2), count - shown));
  return { top, shown };
}

export interface ListItem {
  text: string;
  /** Said in another way than by its mark alone: cannot be chosen. */
  dim?: boolean;
}

const WIDTH = COLUMNS - 6;

/** Lines of a list; `>` is before the chosen one, `^` and `v` at the right say that there is more. */
export function renderList(
  items: readonly ListItem[],
  index: number,
  height: number,
  focused = true,
): Line[] {
  const { top, shown } = windowOf(index, items.length, height);
  return items.slice(top, top + shown).map((item, row): Line => {
    const chosen = top + row === index;
    const text = item.text.slice(0, WIDTH);
    const above = row === 0 && top > 0;
    const below = row === shown - 1 && top + shown < items.length;
    const end = above ? '  ^' : below ? '  v' : '';
    const padded = chosen || end !== '' ? text.padEnd(WIDTH) : text;
    return [
      { text: chosen ? ' > ' : '   ' },
      chosen && focused ? { text: padded, style: 'inverse' } : { text: padded },
      { text: end },
    ];
  });
}

/** The next item after `index` that begins with what is typed, from the top again behind the last. */
export function findByStart(texts: readonly string[], index: number, typed: string): number {
  const start = typed.toLowerCase();
  const order = texts.map((_, place) => (index + 1 + place) % texts.length);
  return order.find((place) => texts[place]?.toLowerCase().startsWith(start) === true) ?? index;
}
