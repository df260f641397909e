// While the installation runs: how far, how fast, how long, and what was done last.
import { formatBytes, formatSeconds } from '../../../common/format.ts';
import { plain } from '../../../host/select/text.ts';
import { type Outcome, type Page } from '../page.ts';
import { formatBar, rateOf, remainingSeconds, type Progress } from '../progress.ts';
import { TEXT_COLUMNS, textLine, type Line } from '../screen.ts';
import type { FlowState } from '../state.ts';
import { moveInButtons, renderButtons } from '../widgets/buttons.ts';

const BAR = 66;
const LOG_HEIGHT = 10;
const STOP = ['Go on', 'Stop and clear the disk'];

export const progressPage: Page = {
  title: () => 'Installing',
  render: ({ progress }) => ({
    body: progress === undefined ? [] : render(progress),
    keys:
      progress?.asking === undefined
        ? 'Esc stop   F2 shell (the installation goes on)   Ctrl-L draw again'
        : 'Left/Right choose   Enter do it   Esc go on',
  }),
  press: (state, key) => {
    const { progress } = state;
    if (progress === undefined || progress.stopping === true) return undefined;
    const { asking } = progress;
    const ask = (index: number | undefined): Outcome => ({
      state: withProgress(state, { ...progress, asking: index }),
    });
    if (key.name === 'escape') return ask(asking === undefined ? 0 : undefined);
    if (asking === undefined) return undefined;
    if (key.name === 'enter') {
      if (asking === 0) return ask(undefined);
      return {
        state: withProgress(state, { ...progress, asking: undefined, stopping: true }),
        effects: [{ type: 'stop' }],
      };
    }
    const index = moveInButtons(asking, key, STOP.length);
    return index === undefined ? undefined : ask(index);
  },
};

function withProgress(state: FlowState, progress: Progress): FlowState {
  return { ...state, progress };
}

function render(progress: Progress): Line[] {
  const { percent, title, bytes, total, asking, stopping } = progress;
  const passed = (progress.now - progress.started) / 1000;
  const left = remainingSeconds(progress);
  const rate = rateOf(progress);
  const moved =
    bytes === undefined || total === undefined
      ? ''
      : `${formatBytes(bytes)} of ${formatBytes(total)}${rate === undefined ? '' : `, ${(rate / 1e6).toFixed(1)} MB/s`}`;
  const time = `${formatClock(passed)} so far${left === undefined ? '' : `, about ${formatSeconds(left)} left`}`;
  const last = progress.log.slice(-LOG_HEIGHT).map((line) => ({ text: plainLog(line) }));
  const log = Array.from({ length: LOG_HEIGHT }, (_, row): Line => {
    const line = last[row];
    return line === undefined ? [] : [line];
  });
  return [
    textLine(formatBar(percent, BAR)),
    [],
    textLine(plain(title), 'bold'),
    textLine(moved),
    textLine(time),
    [],
    ...log,
    [],
    asking !== undefined
      ? renderButtons(STOP, asking)
      : stopping === true
        ? textLine('Stopping after this step; the disk is cleared then.', 'bold')
        : [],
  ];
}

/** Whole seconds: tenths would jump about. */
function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 10 ? `${whole} s` : formatSeconds(whole);
}

function plainLog(line: string): string {
  return `  ${line.replace(/[^ -~]/gu, '?')}`.slice(0, TEXT_COLUMNS + 2);
}
