// What terminals send for keys that are not characters: Linux's console, vt100 to vt220, xterm and its kin.

/** Keys without a text. */
export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | 'insert'
  | 'delete'
  | 'backspace'
  | 'enter'
  | 'tab'
  | 'back-tab'
  | 'escape'
  | 'interrupt'
  | 'redraw'
  | 'clear'
  | `f${number}`
  | 'unknown';

/** After ESC [ or ESC O, one letter; xterm puts modifiers as numbers before it. */
export const LETTERS: Readonly<Record<string, KeyName>> = {
  A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end', Z: 'back-tab',
  P: 'f1', Q: 'f2', R: 'f3', S: 'f4', M: 'enter',
}; // prettier-ignore

/** The number in ESC [ NUMBER ~. */
export const NUMBERS: Readonly<Record<number, KeyName>> = {
  1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'page-up', 6: 'page-down', 7: 'home', 8: 'end',
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10',
  23: 'f11', 24: 'f12',
}; // prettier-ignore

/** After ESC [ [ of Linux's console. */
export const LINUX: Readonly<Record<string, KeyName>> = {
  A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5',
}; // prettier-ignore

/**
 * Single control characters. Serial concentrators without function keys send ESC and a digit instead, which keys.ts
 * knows.
 */
export const CONTROLS: Readonly<Record<number, KeyName>> = {
  0x01: 'home', 0x02: 'left', 0x03: 'interrupt', 0x04: 'delete', 0x05: 'end', 0x06: 'right',
  0x08: 'backspace', 0x09: 'tab', 0x0a: 'enter', 0x0c: 'redraw', 0x0d: 'enter', 0x0e: 'down',
  0x10: 'up', 0x15: 'clear', 0x7f: 'backspace',
}; // prettier-ignore
