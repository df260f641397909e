// The plan in full, and the last question.
import { describePlan } from '../../plan/describe.ts';
import { judgeAnswers, unconfirmedDisks, type Judgement } from '../judge.ts';
import { withError, withView, type Outcome, type Page } from '../page.ts';
import { startInstall } from '../start-install.ts';
import type { FlowState } from '../state.ts';
import { moveInButtons, renderButtons } from '../widgets/buttons.ts';
import { renderText, scrollText } from '../widgets/scroll.ts';

const HEIGHT = 16;

type Button = 'install' | 'save' | 'back' | 'ask';

const LABELS: Readonly<Record<Button, string>> = {
  install: 'Install',
  save: 'Save host file',
  back: 'Back',
  ask: 'Answer the questions instead',
};

export const summaryPage: Page = {
  title: ({ preset }) => (preset === undefined ? 'The plan' : `The plan for ${preset.name}`),
  open: () => ({ index: 0, top: 0 }),
  render: (state) => {
    const text = renderText(linesOf(judgeAnswers(state)), state.view.top, HEIGHT);
    const buttons = buttonsOf(state).map((button) => LABELS[button]);
    return {
      body: [
        ...Array.from({ length: HEIGHT }, (_, row) => text[row] ?? []),
        [],
        renderButtons(buttons, state.view.index),
      ],
      keys: 'Up/Down scroll   Left/Right choose   Enter do it   Esc back   F2 shell',
    };
  },
  press: (state, key) => {
    const buttons = buttonsOf(state);
    if (key.name === 'enter') return take(state, buttons[state.view.index] ?? 'back');
    const index = moveInButtons(state.view.index, key, buttons.length);
    if (index !== undefined) return { state: withView(state, { index }) };
    const count = linesOf(judgeAnswers(state)).length;
    const top = scrollText(state.view.top, key, count, HEIGHT);
    return top === undefined ? undefined : { state: withView(state, { top }) };
  },
};

function buttonsOf({ preset }: FlowState): Button[] {
  return preset === undefined ? ['install', 'save', 'back'] : ['install', 'ask'];
}

function linesOf({ plan, problems }: Judgement): string[] {
  if (plan !== undefined) return describePlan(plan).trim().split('\n');
  return problems.flatMap(({ error }) => [
    ...error.message.split('\n').map((line) => `  ${line}`),
    ...(error.hint === undefined ? [] : ['', `  -> ${error.hint}`]),
    '',
  ]);
}

function take(state: FlowState, button: Button): Outcome {
  switch (button) {
    case 'install':
      return install(state);
    case 'save': {
      const { text } = judgeAnswers(state);
      return {
        state: { ...state, waiting: 'Saving the host file ...', problem: [] },
        effects: [
          { type: 'save', what: 'host-file', name: `${state.answers.hostname}.yaml`, text },
        ],
      };
    }
    case 'ask':
      return { state: { ...state, preset: undefined, trail: [] }, go: 'welcome' };
    case 'back': {
      const trail = state.trail.slice(0, -1);
      return { state: { ...state, trail }, go: state.trail.at(-1) ?? 'welcome' };
    }
  }
}

function install(state: FlowState): Outcome {
  const { problems } = judgeAnswers(state);
  const first = problems[0];
  if (first !== undefined) {
    if (first.page === 'summary' || state.preset !== undefined)
      return { state: withError(state, first.error) };
    // Shown where it can be mended.
    return { state, go: first.page };
  }
  if (unconfirmedDisks(state).length > 0) return { state, go: 'erase' };
  return startInstall(state);
}
