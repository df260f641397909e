// What the host is called.
import { hostname } from '../../../host/schema/values.ts';
import {
  BLANK,
  paragraph,
  withAnswers,
  withError,
  withProblem,
  withView,
  type Page,
} from '../page.ts';
import { judgeAnswers } from '../judge.ts';
import { editForm, formOf, renderForm, valueOf, type FormItem } from '../widgets/form.ts';

const ITEMS: readonly FormItem[] = [{ key: 'hostname', label: 'Host name' }];

export const hostnamePage: Page = {
  title: () => 'Name',
  open: ({ answers }) => ({ form: formOf({ hostname: answers.hostname }) }),
  render: ({ view }) => {
    const intro = [
      ...paragraph('The name of this host, such as xen01 or xen01.example.net.'),
      BLANK,
    ];
    const form = renderForm(ITEMS, view.form, intro.length);
    return {
      body: [...intro, ...form.lines],
      cursor: form.cursor,
      keys: 'Enter go on   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const edited = editForm(ITEMS, state.view.form, key);
    if (edited === undefined) return undefined;
    if (edited.done !== true) return { state: withView(state, { form: edited.view }) };
    const name = valueOf(state.view.form, 'hostname').trim();
    if (name === '') return { state: withProblem(state, 'A host needs a name.') };
    if (!hostname.safeParse(name).success) {
      return {
        state: withProblem(
          state,
          'This is no host name: letters, digits and hyphens, in parts with dots between.',
        ),
      };
    }
    const next = withAnswers(state, { hostname: name });
    const problem = judgeAnswers(next).problems.find(({ page }) => page === 'hostname');
    if (problem !== undefined) return { state: withError(state, problem.error) };
    return { state: next, go: 'next' };
  },
};
