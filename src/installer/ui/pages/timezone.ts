// Where the host is: a list that is searched by typing, or a name where the system has no list.
import { judgeAnswers } from '../judge.ts';
import { BLANK, withAnswers, withError, withProblem, withView, type Page } from '../page.ts';
import { textLine } from '../screen.ts';
import type { FlowState } from '../state.ts';
import { editField, fieldOf, renderField, type Field } from '../widgets/field.ts';
import { formOf, valueOf } from '../widgets/form.ts';
import { moveInList, renderList } from '../widgets/list.ts';

const HEIGHT = 12;
const TYPED = 'search';

export const timezonePage: Page = {
  title: () => 'Time zone',
  open: ({ world, answers }) => ({
    form: formOf({ [TYPED]: world.timezones.length === 0 ? answers.timezone : '' }),
    index: Math.max(0, world.timezones.indexOf(answers.timezone)),
  }),
  render: (state) => {
    const { view, world } = state;
    const label = world.timezones.length === 0 ? '  Time zone: ' : '  Search: ';
    const field = renderField(fieldIn(state), 40);
    const found = zonesFor(state);
    const body = [
      [{ text: label }, { text: field.text, style: 'bold' as const }],
      BLANK,
      ...(world.timezones.length === 0
        ? [textLine('Type its name, such as Europe/Berlin or Etc/UTC.')]
        : found.length === 0
          ? [textLine('No time zone has this in its name.')]
          : renderList(
              found.map((text) => ({ text })),
              view.index,
              HEIGHT,
            )),
    ];
    return {
      body,
      cursor: { row: 0, column: label.length + field.cursor },
      keys: 'Type to search   Up/Down choose   Enter go on   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const found = zonesFor(state);
    if (key.name === 'enter') return take(state, found);
    const isListKey = ['up', 'down', 'page-up', 'page-down'].includes(key.name);
    if (isListKey) {
      const index = moveInList(state.view.index, key, found.length, HEIGHT) ?? 0;
      return { state: withView(state, { index }) };
    }
    const edited = editField(fieldIn(state), key);
    if (edited === undefined) return undefined;
    const same = edited.text === fieldIn(state).text;
    const form = { focus: 0, fields: { [TYPED]: edited } };
    return { state: withView(state, same ? { form } : { form, index: 0 }) };
  },
};

function fieldIn({ view }: FlowState): Field {
  return view.form.fields[TYPED] ?? fieldOf('');
}

/** Zones with the typed text in them; those whose city begins with it come first. */
function zonesFor({ view, world }: FlowState): readonly string[] {
  const typed = valueOf(view.form, TYPED).trim().toLowerCase().replaceAll(' ', '_');
  if (typed === '') return world.timezones;
  const found = world.timezones.filter((zone) => zone.toLowerCase().includes(typed));
  const isCity = (zone: string): boolean =>
    zone
      .toLowerCase()
      .slice(zone.lastIndexOf('/') + 1)
      .startsWith(typed);
  return [...found.filter(isCity), ...found.filter((zone) => !isCity(zone))];
}

function take(state: FlowState, found: readonly string[]): ReturnType<Page['press']> {
  const timezone =
    state.world.timezones.length === 0
      ? valueOf(state.view.form, TYPED).trim()
      : found[state.view.index];
  if (timezone === undefined || timezone === '')
    return { state: withProblem(state, 'Choose a time zone; Etc/UTC is one that always fits.') };
  const next = withAnswers(state, { timezone });
  const problem = judgeAnswers(next).problems.find(({ page }) => page === 'timezone');
  if (problem !== undefined) return { state: withError(state, problem.error) };
  return { state: next, go: 'next' };
}
