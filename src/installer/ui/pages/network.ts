// Through which card, and with which address, the host is managed.
import { formatTable } from '../../../common/format.ts';
import { plain } from '../../../host/select/text.ts';
import { judgeAnswers } from '../judge.ts';
import {
  BLANK,
  paragraph,
  withAnswers,
  withError,
  withProblem,
  withView,
  type Outcome,
  type Page,
} from '../page.ts';
import { textLine } from '../screen.ts';
import type { FlowState } from '../state.ts';
import { checkNetworkForm } from './network-check.ts';
import { editForm, formOf, renderForm, valueOf, type FormItem } from '../widgets/form.ts';
import { moveInList, renderList } from '../widgets/list.ts';

const HEIGHT = 10;

export const cardPage: Page = {
  title: () => 'Network card',
  open: ({ world, answers }) => ({
    index: Math.max(
      0,
      world.inventory.interfaces.findIndex(({ name }) => name === answers.card),
    ),
  }),
  render: ({ world, view }) => {
    const cards = world.inventory.interfaces;
    if (cards.length === 0) {
      return {
        body: [
          textLine('This machine has no network card.', 'bold'),
          BLANK,
          ...paragraph(
            'Look whether it is switched off in the firmware, or needs a driver or firmware files that this image lacks. F5 looks again.',
          ),
        ],
        keys: 'F5 look again   Esc back   F2 shell',
      };
    }
    const rows = cards.map(({ name, link, speed, mac, driver }) => [
      plain(name),
      link === undefined ? 'not known' : link ? 'up' : 'no cable',
      speed === undefined ? '-' : formatSpeed(speed),
      plain(mac),
      plain(driver ?? '-'),
    ]);
    const [header = '', ...lines] = formatTable([
      ['NAME', 'LINK', 'SPEED', 'MAC', 'DRIVER'],
      ...rows,
    ]).split('\n');
    return {
      body: [
        ...paragraph('Through which network card is the host managed?'),
        BLANK,
        [{ text: `   ${header}`, style: 'bold' }],
        ...renderList(
          lines.map((text) => ({ text })),
          view.index,
          HEIGHT,
        ),
      ],
      keys: 'Up/Down choose   Enter go on   F5 look again   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const cards = state.world.inventory.interfaces;
    if (key.name === 'enter') {
      const card = cards[state.view.index];
      if (card === undefined)
        return { state: withProblem(state, 'A host needs a network card to be managed through.') };
      const next = withAnswers(state, { card: card.name });
      const problem = judgeAnswers(next).problems.find(({ page }) => page === 'card');
      return problem === undefined
        ? { state: next, go: 'next' }
        : { state: withError(next, problem.error) };
    }
    const index = moveInList(state.view.index, key, cards.length, HEIGHT);
    return index === undefined ? undefined : { state: withView(state, { index }) };
  },
};

function formatSpeed(megabits: number): string {
  return megabits >= 1000 ? `${megabits / 1000} Gbit/s` : `${megabits} Mbit/s`;
}

const METHOD: FormItem = {
  key: 'method',
  label: 'Address',
  options: [
    { value: 'dhcp', label: 'by DHCP' },
    { value: 'static', label: 'fixed' },
  ],
};

const FIXED: readonly FormItem[] = [
  {
    key: 'address',
    label: 'Address and prefix',
    help: 'such as 192.0.2.10/24 or 2001:db8::10/64',
  },
  { key: 'gateway', label: 'Gateway' },
  { key: 'dns', label: 'Name servers', help: 'separated by blanks' },
];

const VLAN: FormItem = { key: 'vlan', label: 'VLAN', width: 6, help: '1 to 4094; empty: none' };

function itemsOf(method: string): FormItem[] {
  return [METHOD, ...(method === 'static' ? FIXED : []), VLAN];
}

export const networkPage: Page = {
  title: () => 'Network address',
  open: ({ answers }) => {
    const { method, address, gateway, dns, vlan } = answers;
    return { form: formOf({ method, address, gateway, dns, vlan }) };
  },
  render: ({ answers, view }) => {
    const intro = [...paragraph(`The address of the host on ${answers.card}.`), BLANK];
    const form = renderForm(itemsOf(valueOf(view.form, 'method')), view.form, intro.length);
    return {
      body: [...intro, ...form.lines],
      cursor: form.cursor,
      keys: 'Up/Down move   Left/Right choose   Enter next, then on   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const edited = editForm(itemsOf(valueOf(state.view.form, 'method')), state.view.form, key);
    if (edited === undefined) return undefined;
    if (edited.done === true) return take(state);
    return { state: withView(state, { form: edited.view }) };
  },
};

function take(state: FlowState): Outcome {
  const { form } = state.view;
  const read = (key: string): string => valueOf(form, key).trim();
  const method = read('method') === 'static' ? 'static' : 'dhcp';
  const wrong = checkNetworkForm(method, read);
  if (wrong !== undefined) {
    const focus = itemsOf(method).findIndex(({ key }) => key === wrong.key);
    return { state: withProblem(withView(state, { form: { ...form, focus } }), wrong.problem) };
  }
  const next = withAnswers(state, {
    method,
    ...{ address: read('address'), gateway: read('gateway'), dns: read('dns') },
    vlan: read('vlan'),
  });
  const { problems, warnings } = judgeAnswers(next);
  const problem = problems.find(({ page }) => page === 'network');
  if (problem !== undefined) return { state: withError(next, problem.error) };
  const warning = warnings.find(({ page }) => page === 'network')?.error.message ?? '';
  if (warning !== '' && warning !== state.warned) {
    const asked = withProblem(next, `${warning}. Enter once more if that is meant.`);
    return { state: { ...asked, warned: warning } };
  }
  return { state: next, go: 'next' };
}
