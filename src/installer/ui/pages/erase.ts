// What will be gone: every disk with all that is on it, and words that must be typed.
import { formatDiskDetails } from '../../../host/select/table.ts';
import { listed } from '../../../host/select/text.ts';
import { eraseKey, unconfirmedDisks } from '../judge.ts';
import { BLANK, withAnswers, withProblem, withView, type Outcome, type Page } from '../page.ts';
import { textLine } from '../screen.ts';
import type { FlowState } from '../state.ts';
import { editField, fieldOf, renderField } from '../widgets/field.ts';
import { valueOf } from '../widgets/form.ts';
import { renderText, scrollText } from '../widgets/scroll.ts';

const HEIGHT = 12;
const TYPED = 'typed';

export const erasePage: Page = {
  title: () => 'What will be erased',
  applies: (state) => unconfirmedDisks(state).length > 0,
  open: () => ({ top: 0, form: { focus: 0, fields: {} } }),
  render: (state) => {
    const names = namesOf(state);
    const label = `  Type ${names.join(' ')} or erase: `;
    const field = renderField(state.view.form.fields[TYPED] ?? fieldOf(''), 20);
    const body = [
      textLine(`Everything on ${listed(names)} will be lost:`, 'bold'),
      BLANK,
      ...pad(renderText(linesOf(state), state.view.top, HEIGHT), HEIGHT),
      BLANK,
      [{ text: label }, { text: field.text, style: 'bold' as const }],
    ];
    return {
      body,
      cursor: { row: body.length - 1, column: label.length + field.cursor },
      keys: 'Up/Down PgUp/PgDn scroll   Enter go on   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    if (key.name === 'enter') return confirm(state);
    const top = ['home', 'end'].includes(key.name)
      ? undefined
      : scrollText(state.view.top, key, linesOf(state).length, HEIGHT);
    if (top !== undefined) return { state: withView(state, { top }) };
    const field = editField(state.view.form.fields[TYPED] ?? fieldOf(''), key);
    if (field === undefined) return undefined;
    return { state: withView(state, { form: { focus: 0, fields: { [TYPED]: field } } }) };
  },
};

function namesOf(state: FlowState): string[] {
  return unconfirmedDisks(state).map(({ name }) => name);
}

function linesOf(state: FlowState): string[] {
  return unconfirmedDisks(state).flatMap((disk, index) => [
    ...(index === 0 ? [] : ['']),
    `  ${disk.name}`,
    ...formatDiskDetails(disk).filter((line) => !/^ {2}(?:link|sectors|kind) /.test(line)),
  ]);
}

function pad<T>(lines: readonly (readonly T[])[], height: number): (readonly T[])[] {
  return Array.from({ length: height }, (_, row) => lines[row] ?? []);
}

/** The names in any order, or the word. */
function confirm(state: FlowState): Outcome {
  const names = namesOf(state);
  const typed = valueOf(state.view.form, TYPED)
    .trim()
    .split(/[\s,]+/);
  const right =
    (typed.length === 1 && typed[0]?.toLowerCase() === 'erase') ||
    [...typed].sort().join(' ') === [...names].sort().join(' ');
  if (!right) {
    return {
      state: withProblem(state, `Type "${names.join(' ')}" or "erase" if that is meant, or Esc.`),
    };
  }
  const erase = [...state.answers.erase, ...unconfirmedDisks(state).map(eraseKey)];
  return { state: withAnswers(withView(state, {}), { erase }), go: 'next' };
}
