// How root gets in. A password is a hash as soon as Enter was pressed; nothing else of it is kept.
import { sshKey } from '../../../host/schema/values.ts';
import {
  BLANK,
  paragraph,
  withAnswers,
  withProblem,
  withView,
  type Outcome,
  type Page,
} from '../page.ts';
import type { FlowState } from '../state.ts';
import {
  editForm,
  formOf,
  renderForm,
  valueOf,
  type FormItem,
  type FormView,
} from '../widgets/form.ts';

const ITEMS: readonly FormItem[] = [
  { key: 'password', label: 'Password of root', secret: true, width: 30 },
  { key: 'again', label: 'Once more', secret: true, width: 30 },
  {
    key: 'sshKey',
    label: 'SSH key (optional)',
    help: 'a line such as "ssh-ed25519 AAAA... name"',
  },
];

export const loginPage: Page = {
  title: () => 'Log in',
  open: ({ answers }) => ({ form: formOf({ sshKey: answers.sshKey }) }),
  render: ({ answers, view }) => {
    const known = answers.passwordHash !== '';
    const intro = [
      ...paragraph(
        known
          ? 'A password was typed already. It stays if the fields are left empty; type another one to change it.'
          : 'How is the host logged in to as root: with a password, with an SSH key, or both?',
      ),
      BLANK,
    ];
    const form = renderForm(ITEMS, view.form, intro.length);
    return {
      body: [...intro, ...form.lines],
      cursor: form.cursor,
      keys: 'Up/Down move   Enter next, then on   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const edited = editForm(ITEMS, state.view.form, key);
    if (edited === undefined) return undefined;
    if (edited.done === true) return take(state);
    return { state: withView(state, { form: edited.view }) };
  },
};

function take(state: FlowState): Outcome {
  const { form } = state.view;
  const password = valueOf(form, 'password');
  const key = valueOf(form, 'sshKey').trim();
  const complain = (
    text: string,
    at: string,
    cleared: Readonly<Record<string, string>>,
  ): Outcome => {
    const fields = { ...form.fields, ...formOf(cleared).fields };
    const focus = ITEMS.findIndex((item) => item.key === at);
    const view: FormView = { focus, fields };
    return { state: withProblem(withView(state, { form: view }), text) };
  };
  if (password !== valueOf(form, 'again'))
    return complain('The two are not the same; type both again.', 'password', NONE_TYPED);
  if (/\p{Cc}/u.test(password))
    return complain('A password has no control characters in it.', 'password', NONE_TYPED);
  if (key !== '' && !sshKey.safeParse(key).success)
    return complain('This is not one line of an OpenSSH public key file.', 'sshKey', {});
  if (password === '' && key === '' && state.answers.passwordHash === '')
    return complain('Without a password and without an SSH key nobody gets in.', 'password', {});
  const next = withAnswers(withView(state, { form: formOf({ sshKey: key }) }), { sshKey: key });
  if (password === '') return { state: next, go: 'next' };
  return {
    state: { ...next, waiting: 'Hashing the password ...' },
    effects: [{ type: 'hash', password }],
  };
}

const NONE_TYPED = { password: '', again: '' };
