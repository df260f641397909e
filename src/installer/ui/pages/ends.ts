// The last pages: it is installed, or it failed and why.
import { formatSeconds } from '../../../common/format.ts';
import { listed, plain, wrap } from '../../../host/select/text.ts';
import { formatReport } from '../report.ts';
import { BLANK, keepTable, paragraph, withView, type Outcome, type Page } from '../page.ts';
import { TEXT_COLUMNS, textLine, type Line } from '../screen.ts';
import type { FlowState } from '../state.ts';
import { moveInButtons, renderButtons } from '../widgets/buttons.ts';

interface Choice {
  label: string;
  take: (state: FlowState) => Outcome;
}

const SHELL: Choice = {
  label: 'Shell',
  take: (state) => ({ state, effects: [{ type: 'shell' }] }),
};

const DONE: readonly Choice[] = [
  {
    label: 'Restart',
    take: (state) => ({ state, effects: [{ type: 'leave', how: 'reboot' }] }),
  },
  {
    label: 'Switch off',
    take: (state) => ({ state, effects: [{ type: 'leave', how: 'poweroff' }] }),
  },
  SHELL,
];

export const donePage: Page = {
  title: () => 'Installed',
  open: () => ({ index: 0 }),
  render: ({ progress, view, installedOn = [] }) => {
    const seconds = progress === undefined ? 0 : (progress.now - progress.started) / 1000;
    return {
      body: [
        textLine(`Kronos is installed on ${listed(installedOn)}.`, 'bold'),
        BLANK,
        textLine(`It took ${formatSeconds(seconds)}.`),
        BLANK,
        ...paragraph(
          'Take the medium out before the machine starts again, or choose the disk in the firmware.',
        ),
        BLANK,
        renderButtons(
          DONE.map(({ label }) => label),
          view.index,
        ),
      ],
      keys: 'Left/Right choose   Enter do it   F2 shell',
    };
  },
  press: (state, key) => pressButtons(state, key, DONE),
};

const FAILED: readonly Choice[] = [
  {
    label: 'Try again',
    take: (state) => ({
      state: { ...state, waiting: 'Looking at the machine again ...', problem: [] },
      effects: [{ type: 'probe' }],
    }),
  },
  SHELL,
  {
    label: 'Save report',
    take: (state) => ({
      state: { ...state, waiting: 'Saving the report ...', problem: [] },
      effects: [
        { type: 'save', what: 'report', name: 'kronos-report.txt', text: formatReport(state) },
      ],
    }),
  },
  {
    label: 'Restart',
    take: (state) => ({ state, effects: [{ type: 'leave', how: 'reboot' }] }),
  },
];

const LOG_HEIGHT = 6;
const MESSAGE_HEIGHT = 8;

export const failedPage: Page = {
  title: () => 'The installation failed',
  open: () => ({ index: 0 }),
  render: (state) => {
    const { failure, progress, view } = state;
    if (failure === undefined) return { body: [], keys: '' };
    const message = failure.message
      .split('\n')
      .flatMap((line) => wrap(line.replace(/[^ -~]/gu, '?'), TEXT_COLUMNS));
    const hint = failure.hint === '' ? [] : wrap(`-> ${plain(failure.hint)}`, TEXT_COLUMNS);
    const room = MESSAGE_HEIGHT - hint.length;
    const lines: Line[] = [
      textLine(`error ${failure.code}`, 'bold'),
      ...message.slice(0, room).map((line) => textLine(line)),
      ...hint.map((line) => textLine(line)),
      BLANK,
      ...(progress?.log ?? [])
        .slice(-LOG_HEIGHT)
        .map((line) => textLine(line.slice(0, TEXT_COLUMNS))),
    ];
    return {
      body: [
        ...Array.from({ length: 16 }, (_, row) => lines[row] ?? BLANK),
        BLANK,
        renderButtons(
          FAILED.map(({ label }) => label),
          view.index,
        ),
      ],
      keys: 'Left/Right choose   Enter do it   F1 all of it   F2 shell',
    };
  },
  press: (state, key) => {
    if (key.name === 'f1') {
      const lines = formatReport(state)
        .split('\n')
        .flatMap(keepTable)
        .map((line) => `  ${line}`);
      return { state: { ...state, box: { title: 'Report', lines, top: 0 } } };
    }
    return pressButtons(state, key, FAILED);
  },
};

function pressButtons(
  state: FlowState,
  key: Parameters<Page['press']>[1],
  choices: readonly Choice[],
): Outcome | undefined {
  if (key.name === 'enter') return choices[state.view.index]?.take(state);
  const index = moveInButtons(state.view.index, key, choices.length);
  return index === undefined ? undefined : { state: withView(state, { index }) };
}
