// The screen of a state.
import { plain } from '../../host/select/text.ts';
import { BLANK, paragraph } from './page.ts';
import { PAGE_OF } from './pages.ts';
import { BODY_ROWS, COLUMNS, frame, ROWS, textLine, type Screen } from './screen.ts';
import { PAGES, type Box, type FlowState } from './state.ts';
import { renderField } from './widgets/field.ts';
import { renderText } from './widgets/scroll.ts';

/** Lines of a text that is laid over a page. */
export const BOX_HEIGHT = BODY_ROWS;

/** What a person sees. A terminal that is too small is told so, in as little as it shows. */
export function renderState(state: FlowState): Screen {
  if (state.small !== undefined && state.small.accepted !== true) return renderSmall(state);
  if (state.other !== undefined) return renderOther(state, state.other);
  if (state.box !== undefined) return renderBox(state, state.box);
  if (state.secret !== undefined) return renderSecret(state, state.secret);
  const page = PAGE_OF[state.page];
  const view = page.render(state);
  return frame({
    title: `Kronos ${state.world.version}  |  ${page.title(state)}`,
    corner: stepOf(state),
    body: view.body,
    // Nothing can be typed while something is being done.
    cursor: state.waiting === '' ? view.cursor : undefined,
    message: state.waiting === '' ? state.problem : [state.waiting],
    keys: view.keys,
  });
}

/** `step 3 of 9`: of the pages that apply, so far as that is known. */
function stepOf(state: FlowState): string {
  const questions = PAGES.slice(PAGES.indexOf('keymap'), PAGES.indexOf('summary') + 1).filter(
    (id) => id === state.page || state.trail.includes(id) || PAGE_OF[id].applies?.(state) !== false,
  );
  const place = questions.indexOf(state.page) + 1;
  if (place === 0 || state.preset !== undefined) return state.world.terminal;
  return `step ${place} of ${questions.length}`;
}

function renderBox({ world }: FlowState, box: Box): Screen {
  return frame({
    title: `Kronos ${world.version}  |  ${box.title}`,
    corner: '',
    body: renderText(box.lines, box.top, BOX_HEIGHT),
    message: [],
    keys: 'Up/Down PgUp/PgDn scroll   Enter or Esc put away   F2 shell',
  });
}

function renderSecret(
  { world }: FlowState,
  { words, field }: NonNullable<FlowState['secret']>,
): Screen {
  const { text, cursor } = renderField(field, 40, true);
  const intro = [...paragraph(plain(words)), BLANK];
  return frame({
    title: `Kronos ${world.version}  |  A secret of the host file`,
    corner: world.terminal,
    body: [...intro, textLine(text, 'bold')],
    cursor: { row: intro.length, column: 2 + cursor },
    message: [],
    keys: 'Enter go on   F2 shell',
  });
}

function renderOther(
  { world }: FlowState,
  { terminal, pid }: { terminal: string; pid: number },
): Screen {
  return frame({
    title: `Kronos ${world.version}  |  Another console is installing`,
    corner: world.terminal,
    body: [
      textLine(`The installation runs on ${terminal} (process ${pid}).`, 'bold'),
      BLANK,
      ...paragraph(
        'A second one is not started beside it. When it has ended, this screen looks at the machine again.',
      ),
    ],
    message: [],
    keys: 'F2 shell',
  });
}

function renderSmall({ small }: FlowState): Screen {
  const columns = Math.max(1, Math.min(COLUMNS, small?.columns ?? COLUMNS));
  const words = [
    `The screens need ${COLUMNS}x${ROWS}, this terminal has ${small?.columns ?? 0}x${small?.rows ?? 0}.`,
    'Make it larger, then press Ctrl-L.',
    'Enter: go on anyway. F2: shell.',
  ];
  const lines = words.flatMap((line) => breakInto(line, columns)).slice(0, small?.rows ?? ROWS);
  return {
    lines: Array.from({ length: ROWS }, (_, row) => {
      const text = lines[row];
      return text === undefined ? [] : [{ text }];
    }),
  };
}

function breakInto(text: string, width: number): string[] {
  const pieces: string[] = [];
  for (let rest = text; rest !== ''; rest = rest.slice(width)) pieces.push(rest.slice(0, width));
  return pieces;
}
