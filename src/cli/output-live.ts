// The live list. listr2 draws it; the states come from the events of an observer, because the work itself decides
// what runs when (a Listr that runs its own tasks could not show steps that wait for others).
import type { WriteStream } from 'node:tty';
import {
  DefaultRenderer,
  Listr,
  ListrDefaultRendererLogLevels as Level,
  ListrLogger,
  ListrTaskState,
  ProcessOutput,
  Spinner,
} from 'listr2';
import type { Display, DisplayOptions } from './output.ts';
import { cut, stepLine, type StepView } from './step-line.ts';

/** Milliseconds between two drawings. */
const REDRAW = 100;

/** Columns that the sign before a line and the margin take. */
const SIGN_WIDTH = 4;

/** Titles shorter than this still leave a straight column behind them. */
const TITLE_WIDTH = 28;

class AsciiSpinner extends Spinner {
  protected override readonly spinner = ['-', '\\', '|', '/'];
}

/** The Linux console and non-UTF-8 locales cannot draw the usual signs. */
function drawsUnicode(): boolean {
  if (process.env['TERM'] === 'linux') return false;
  const { LC_ALL: all, LC_CTYPE: type, LANG: language } = process.env;
  const locale = [all, type, language].find((value) => value !== undefined && value !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

/** A display on a terminal. */
export async function createLiveDisplay(
  terminal: WriteStream,
  options: DisplayOptions,
): Promise<Display> {
  const unicode = drawsUnicode();
  const list = new Listr<unknown, 'default', 'default'>([], {
    renderer: 'default',
    fallbackRenderer: 'default',
    // It would end the process at the first Ctrl-C, before anything is cleaned up.
    registerSignalListeners: false,
    // Otherwise one failure would give all other lines another sign.
    exitOnError: false,
  });
  const logger = new ListrLogger<Level>({
    useIcons: true,
    // Progress belongs to standard error, so that the two streams change places here.
    processOutput: new ProcessOutput(terminal, process.stdout, { leaveEmptyLine: false }),
  });
  const views = new Map<string, StepView>();
  const tasks = new Map<string, (typeof list.tasks)[number]>();
  const renderer = new DefaultRenderer(
    list.tasks,
    {
      logger,
      formatOutput: 'truncate',
      showErrorMessage: false,
      collapseErrors: true,
      pausedTimer: { condition: false, field: '', format: () => String },
      ...(unicode ? {} : { spinner: new AsciiSpinner() }),
      icon: {
        [Level.WAITING]: unicode ? '·' : '.',
        [Level.PAUSED]: '!',
        ...(unicode ? {} : { [Level.COMPLETED]: '*', [Level.FAILED]: 'x' }),
      },
    },
    list.events,
  );

  const draw = (step: StepView): void => {
    const task = tasks.get(step.name);
    if (task === undefined) return;
    const titleWidth = Math.max(
      TITLE_WIDTH,
      ...[...views.values()].map((view) => view.title.length),
    );
    // Not through `title$`, which would redraw at once: the spinner redraws often enough.
    task.title = stepLine(step, {
      now: performance.now(),
      width: (terminal.columns || 80) - SIGN_WIDTH,
      titleWidth,
      explain: options.explain === true,
    });
  };
  const addLine = (title: string): (typeof list.tasks)[number] => {
    list.add({ title, task: () => undefined });
    const task = list.tasks.at(-1);
    if (task === undefined) throw new TypeError('listr2 did not take the task');
    // Normally known once the list runs, which ours never does.
    return Object.assign(task, { enabled: true });
  };
  let open = true;
  const change = (name: string, change: Partial<StepView>, state?: ListrTaskState): void => {
    if (!open) return;
    const view: StepView = {
      ...(views.get(name) ?? { name, title: name, state: 'waiting' }),
      ...change,
    };
    views.set(name, view);
    if (!tasks.has(name)) tasks.set(name, addLine(view.title));
    const task = tasks.get(name);
    draw(view);
    if (task !== undefined && state !== undefined) task.state$ = state;
  };

  logger.process.toStdout(options.title);
  for (const { name, title } of options.steps ?? []) change(name, { title });
  await renderer.render();
  const ticking = setInterval(() => {
    for (const view of views.values()) if (view.state === 'running') draw(view);
  }, REDRAW);
  return {
    stepStarted: (name, title) => {
      change(
        name,
        { title, state: 'running', started: performance.now(), note: undefined },
        ListrTaskState.STARTED,
      );
    },
    stepNote: (name, note) => {
      change(name, { note });
    },
    stepFinished: (name, end) => {
      change(name, { state: 'finished', end }, ListrTaskState.COMPLETED);
    },
    stepFailed: (name) => {
      change(name, { state: 'failed', ended: performance.now() }, ListrTaskState.FAILED);
    },
    log: () => undefined,
    warn: (line) => {
      if (!open) return;
      addLine(cut(line, (terminal.columns || 80) - SIGN_WIDTH)).state$ = ListrTaskState.PAUSED;
    },
    close: () => {
      if (!open) return;
      open = false;
      clearInterval(ticking);
      renderer.end();
    },
  };
}
