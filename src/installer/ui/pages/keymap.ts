// The keyboard of the console: a short list, or any other by its name.
import { nearest } from '../../../common/nearest.ts';
import { paragraph, BLANK, withAnswers, withProblem, withView, type Page } from '../page.ts';
import type { FlowState } from '../state.ts';
import { formOf, valueOf, type FormView } from '../widgets/form.ts';
import { editField, renderField, fieldOf } from '../widgets/field.ts';
import { findByStart, moveInList, renderList } from '../widgets/list.ts';

const COMMON: readonly (readonly [keymap: string, name: string])[] = [
  ['us', 'English (US)'],
  ['uk', 'English (UK)'],
  ['de', 'German'],
  ['fr', 'French'],
  ['es', 'Spanish'],
  ['it', 'Italian'],
  ['pt-latin1', 'Portuguese'],
  ['br-abnt2', 'Portuguese (Brazil)'],
  ['nl', 'Dutch'],
  ['dk', 'Danish'],
  ['no', 'Norwegian'],
  ['fi', 'Finnish'],
  ['pl', 'Polish'],
  ['cz', 'Czech'],
  ['hu', 'Hungarian'],
  ['ru', 'Russian'],
  ['trq', 'Turkish'],
  ['jp106', 'Japanese'],
  ['sg', 'German (Switzerland)'],
  ['fr_CH', 'French (Switzerland)'],
];

const OTHER = 'another one, by its name';
const HEIGHT = 11;

/** What is typed for another keymap. */
const TYPED = 'keymap';

export const keymapPage: Page = {
  title: () => 'Keyboard',
  open: ({ answers }) => {
    const index = COMMON.findIndex(([keymap]) => keymap === answers.keymap);
    return {
      index: index === -1 ? COMMON.length : index,
      form: formOf({ [TYPED]: index === -1 ? answers.keymap : '' }),
    };
  },
  render: ({ view }) => {
    const items = [...COMMON.map(([keymap, name]) => `${keymap.padEnd(12)}${name}`), OTHER];
    const body = [
      ...paragraph(
        'The keyboard at the screen of this machine; a serial line has that of the terminal at its other end.',
      ),
      BLANK,
      ...renderList(
        items.map((text) => ({ text })),
        view.index,
        HEIGHT,
      ),
      BLANK,
    ];
    const keys = 'Up/Down choose   Enter go on   Esc back   F2 shell';
    if (view.index < COMMON.length) return { body, keys };
    const label = '   Name of the keymap: ';
    const field = renderField(view.form.fields[TYPED] ?? fieldOf(''), 20);
    return {
      body: [...body, [{ text: label }, { text: field.text, style: 'bold' }]],
      cursor: { row: body.length, column: label.length + field.cursor },
      keys: `Type its name   ${keys}`,
    };
  },
  press: (state, key) => {
    const { view } = state;
    if (key.name === 'enter') return take(state);
    const field = view.form.fields[TYPED] ?? fieldOf('');
    if (view.index === COMMON.length && key.name !== 'home' && key.name !== 'end') {
      const edited = editField(field, key);
      if (edited !== undefined) return { state: withView(state, { form: typed(edited) }) };
    }
    if (key.name === 'text') {
      const names = COMMON.map(([keymap]) => keymap);
      return { state: withView(state, { index: findByStart(names, view.index, key.text) }) };
    }
    const index = moveInList(view.index, key, COMMON.length + 1, HEIGHT);
    return index === undefined ? undefined : { state: withView(state, { index }) };
  },
};

function typed(field: { text: string; at: number }): FormView {
  return { focus: 0, fields: { [TYPED]: field } };
}

function take(state: FlowState): ReturnType<Page['press']> {
  const { view, world } = state;
  const keymap = COMMON[view.index]?.[0] ?? valueOf(view.form, TYPED).trim();
  if (keymap === '') return { state: withProblem(state, 'Type the name of a keymap.') };
  if (world.keymaps.length > 0 && !world.keymaps.includes(keymap)) {
    const guess = nearest(keymap, world.keymaps);
    const hint = guess === undefined ? 'loadkeys knows others' : `did you mean ${guess}?`;
    return { state: withProblem(state, `This system has no keymap ${keymap}.`, hint) };
  }
  const next = withAnswers(state, { keymap });
  // The keyboard at hand is the one that passwords are typed on.
  return { state: next, effects: [{ type: 'keymap', name: keymap }], go: 'next' };
}
