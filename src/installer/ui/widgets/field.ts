// A line that is typed into.
import type { Key } from '../keys.ts';
import { ascii } from '../screen.ts';

export interface Field {
  text: string;
  /** Where the cursor is, in characters from the start. */
  at: number;
}

/** Longer than any SSH key; what is pasted by mistake ends here. */
const LONGEST = 4000;

export function fieldOf(text: string): Field {
  return { text, at: Array.from(text).length };
}

/** The field after a key, or undefined where the key is none of a field. */
export function editField(field: Field, key: Key): Field | undefined {
  const chars = Array.from(field.text);
  const at = Math.min(field.at, chars.length);
  const without = (place: number): string => chars.filter((_, index) => index !== place).join('');
  switch (key.name) {
    case 'text': {
      const room = LONGEST - chars.length;
      const typed = Array.from(key.text).slice(0, Math.max(0, room));
      const text = [...chars.slice(0, at), ...typed, ...chars.slice(at)].join('');
      return { text, at: at + typed.length };
    }
    case 'backspace':
      return at === 0 ? { text: field.text, at } : { text: without(at - 1), at: at - 1 };
    case 'delete':
      return { text: without(at), at };
    case 'clear':
      return { text: '', at: 0 };
    case 'left':
      return { text: field.text, at: Math.max(0, at - 1) };
    case 'right':
      return { text: field.text, at: Math.min(chars.length, at + 1) };
    case 'home':
      return { text: field.text, at: 0 };
    case 'end':
      return { text: field.text, at: chars.length };
    default:
      return undefined;
  }
}

/**
 * What is seen of a field: `[text______]`, `width` characters between the brackets, the part around the cursor where
 * the text is longer. `cursor` counts from the opening bracket.
 */
export function renderField(
  field: Field,
  width: number,
  secret = false,
): { text: string; cursor: number } {
  const chars = Array.from(field.text);
  const shown = secret ? '*'.repeat(chars.length) : ascii(field.text);
  const at = Math.min(field.at, chars.length);
  // One place more than the text: the cursor stands behind the last character.
  const top = Math.max(0, at - width + 1);
  const part = shown.slice(top, top + width).padEnd(width, '_');
  const left = top > 0 ? '<' : '[';
  const right = shown.length > top + width ? '>' : ']';
  return { text: `${left}${part}${right}`, cursor: 1 + at - top };
}
