// Several fields and choices on one page, one of them in focus.
import type { Key } from '../keys.ts';
import type { Line, Place } from '../screen.ts';
import { editField, fieldOf, renderField, type Field } from './field.ts';

export interface FormItem {
  key: string;
  label: string;
  /** What can be chosen; without it a text is typed. */
  options?: readonly { value: string; label: string }[];
  secret?: boolean;
  /** Columns of a text. */
  width?: number;
  /** Below the item. */
  help?: string;
}

export interface FormView {
  focus: number;
  fields: Readonly<Record<string, Field>>;
}

const LABEL = 22;
const WIDTH = 46;

export function formOf(values: Readonly<Record<string, string>>): FormView {
  return {
    focus: 0,
    fields: Object.fromEntries(Object.entries(values).map(([key, text]) => [key, fieldOf(text)])),
  };
}

export function valueOf(view: FormView, key: string): string {
  return view.fields[key]?.text ?? '';
}

/** The form after a key; `done` where Enter was pressed on the last item. Undefined: the key is none of a form. */
export function editForm(
  items: readonly FormItem[],
  view: FormView,
  key: Key,
): { view: FormView; done?: boolean } | undefined {
  const focus = Math.min(view.focus, items.length - 1);
  const item = items[focus];
  if (item === undefined) return undefined;
  const move = (by: number): { view: FormView } => ({
    view: { ...view, focus: (focus + by + items.length) % items.length },
  });
  switch (key.name) {
    case 'up':
    case 'back-tab':
      return move(-1);
    case 'down':
    case 'tab':
      return move(1);
    case 'enter':
      return focus === items.length - 1 ? { view, done: true } : move(1);
    default: {
      const field = view.fields[item.key] ?? fieldOf('');
      const edited = item.options === undefined ? editField(field, key) : choose(item, field, key);
      if (edited === undefined) return undefined;
      return { view: { ...view, focus, fields: { ...view.fields, [item.key]: edited } } };
    }
  }
}

function choose(item: FormItem, field: Field, key: Key): Field | undefined {
  const values = item.options?.map(({ value }) => value) ?? [];
  const index = Math.max(0, values.indexOf(field.text));
  const by = key.name === 'left' ? -1 : key.name === 'right' ? 1 : isBlank(key) ? 1 : 0;
  if (by === 0) return undefined;
  return fieldOf(values[(index + by + values.length) % values.length] ?? '');
}

function isBlank(key: Key): boolean {
  return key.name === 'text' && key.text.trim() === '';
}

/** Lines of a form, and where the cursor is; `top` is the line of the body that the form begins at. */
export function renderForm(
  items: readonly FormItem[],
  view: FormView,
  top: number,
): { lines: Line[]; cursor?: Place } {
  const lines: Line[] = [];
  let cursor: Place | undefined;
  const focus = Math.min(view.focus, items.length - 1);
  items.forEach((item, index) => {
    const focused = index === focus;
    const field = view.fields[item.key] ?? fieldOf('');
    const label = `${focused ? ' > ' : '   '}${item.label.padEnd(LABEL)} `;
    if (item.options === undefined) {
      const { text, cursor: at } = renderField(field, item.width ?? WIDTH, item.secret);
      if (focused) cursor = { row: top + lines.length, column: label.length + at };
      lines.push([{ text: label }, focused ? { text, style: 'bold' } : { text }]);
    } else lines.push([{ text: label }, ...renderChoice(item.options, field.text, focused)]);
    if (item.help !== undefined) lines.push([{ text: `${' '.repeat(4 + LABEL)}${item.help}` }]);
  });
  return cursor === undefined ? { lines } : { lines, cursor };
}

function renderChoice(
  options: NonNullable<FormItem['options']>,
  value: string,
  focused: boolean,
): Line {
  return options.flatMap((option): Line => {
    const chosen = option.value === value;
    const text = `(${chosen ? '*' : ' '}) ${option.label}`;
    return [chosen && focused ? { text, style: 'inverse' } : { text }, { text: '   ' }];
  });
}
