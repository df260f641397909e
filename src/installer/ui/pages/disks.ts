// Which disk or two take the system, and which others are for virtual machines.
import type { Disk } from '../../../host/inventory.ts';
import { twinsOf } from '../../../host/select/exclude.ts';
import { describeDisk, formatDiskDetails, formatDiskTable } from '../../../host/select/table.ts';
import { cut, listed, plain, wrap } from '../../../host/select/text.ts';
import { SMALLEST_DISK } from '../../plan/layout.ts';
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
import { COLUMNS, TEXT_COLUMNS, textLine, type Line } from '../screen.ts';
import { judgeChoice, type Choosable } from '../selectors.ts';
import type { FlowState, PageId } from '../state.ts';
import { moveInList, renderList } from '../widgets/list.ts';

/** Disks that are seen at once. */
const HEIGHT = 8;

/** Room for the mark of the list, the check mark, and the sign that there is more. */
const TABLE_WIDTH = COLUMNS - 10;

interface Purpose {
  page: Extract<PageId, 'system' | 'storage'>;
  intro: string;
  /** Bytes. */
  least: number;
  most: number;
}

const SYSTEM: Purpose = {
  page: 'system',
  intro:
    'Which disk is the system installed on? With two it is mirrored (RAID 1), and each of them can start alone.',
  least: SMALLEST_DISK,
  most: 2,
};

const STORAGE: Purpose = {
  page: 'storage',
  intro:
    'Are there further disks for virtual machines? They become one storage repository; what is left of the system disk is one anyway.',
  least: 0,
  most: Infinity,
};

export const systemPage: Page = {
  title: () => 'System disk',
  applies: ({ answers }) => answers.mode === 'install',
  open: (state) => ({ index: firstIndex(state, SYSTEM) }),
  render: (state) => render(state, SYSTEM),
  press: (state, key) => pressAny(state, key, SYSTEM),
};

export const storagePage: Page = {
  title: () => 'Further disks',
  applies: (state) =>
    state.answers.mode === 'install' &&
    rowsOf(state, STORAGE).some(({ choice }) => choice.out === undefined),
  open: (state) => ({ index: firstIndex(state, STORAGE) }),
  render: (state) => render(state, STORAGE),
  press: (state, key) => pressAny(state, key, STORAGE),
};

interface Row {
  disk: Disk;
  choice: Choosable;
}

/** On the second page the disks of the system are no longer there to be chosen. */
function rowsOf({ world, answers }: FlowState, { page, least }: Purpose): Row[] {
  const { inventory } = world;
  return inventory.disks.map((disk) => ({
    disk,
    choice:
      page === 'storage' && answers.system.includes(disk.name)
        ? { out: 'the system is installed on it' }
        : judgeChoice(disk, inventory, least),
  }));
}

function firstIndex(state: FlowState, purpose: Purpose): number {
  const rows = rowsOf(state, purpose);
  const chosen = state.answers[purpose.page];
  const marked = rows.findIndex(({ disk }) => chosen.includes(disk.name));
  const free = rows.findIndex(({ choice }) => choice.out === undefined);
  return Math.max(0, marked === -1 ? free : marked);
}

function render(state: FlowState, purpose: Purpose): ReturnType<Page['render']> {
  const rows = rowsOf(state, purpose);
  const chosen = state.answers[purpose.page];
  if (rows.length === 0) {
    return {
      body: [
        textLine('This machine has no disk.', 'bold'),
        BLANK,
        ...paragraph(
          'Look at controller and cables; a RAID controller may have to offer a volume first. F5 looks again.',
        ),
      ],
      keys: 'F5 look again   Esc back   F2 shell',
    };
  }
  const [header = '', ...lines] = formatDiskTable(
    rows.map(({ disk }) => disk),
    TABLE_WIDTH,
  );
  const items = rows.map(({ disk, choice }, index) => ({
    text: `${markOf(chosen.includes(disk.name), choice)} ${lines[index] ?? ''}`,
  }));
  const current = rows[state.view.index];
  return {
    body: [
      ...paragraph(purpose.intro),
      BLANK,
      [{ text: `       ${header}`, style: 'bold' }],
      ...renderList(items, state.view.index, HEIGHT),
      BLANK,
      ...(current === undefined ? [] : detailsOf(current)),
      ...(chosen.length === 0 ? [] : [BLANK, textLine(sayChosen(chosen, purpose))]),
    ],
    keys:
      purpose.page === 'system'
        ? 'Space mark   Enter go on   F1 details   F5 look again   Esc back   F2 shell'
        : 'Space mark   Enter go on (none is fine)   F1 details   Esc back   F2 shell',
  };
}

function markOf(chosen: boolean, { out }: Choosable): string {
  return out !== undefined ? ' - ' : chosen ? '[x]' : '[ ]';
}

function sayChosen(chosen: readonly string[], { page }: Purpose): string {
  const what = page === 'system' ? 'The system goes on' : 'Storage:';
  const how = page === 'system' && chosen.length === 2 ? ', mirrored' : '';
  return cut(`${what} ${listed(chosen)}${how}.`, TEXT_COLUMNS);
}

/** What is on the disk in the list, and why it is out or what to mind. */
function detailsOf({ disk, choice }: Row): Line[] {
  const about = `${disk.name}: ${plain(describeDisk(disk))}`;
  const say =
    choice.out !== undefined
      ? `Cannot be chosen: ${plain(choice.out)}.`
      : choice.note === undefined
        ? ''
        : `Mind: ${plain(choice.note)}.`;
  return [
    textLine(cut(about, TEXT_COLUMNS)),
    ...(say === '' ? [] : wrap(say, TEXT_COLUMNS).slice(0, 2)).map((line) =>
      textLine(line, 'bold'),
    ),
  ];
}

function pressAny(
  state: FlowState,
  key: Parameters<Page['press']>[1],
  purpose: Purpose,
): Outcome | undefined {
  const rows = rowsOf(state, purpose);
  if (key.name === 'enter') return goOn(state, rows, purpose);
  if (key.name === 'text' && key.text === ' ') return mark(state, rows, purpose);
  const current = rows[state.view.index];
  if (key.name === 'f1' && current !== undefined) {
    const lines = formatDiskDetails(current.disk);
    return { state: { ...state, box: { title: `Disk ${current.disk.name}`, lines, top: 0 } } };
  }
  const index = moveInList(state.view.index, key, rows.length, HEIGHT);
  return index === undefined ? undefined : { state: withView(state, { index }) };
}

function mark(state: FlowState, rows: readonly Row[], purpose: Purpose): Outcome | undefined {
  const row = rows[state.view.index];
  if (row === undefined) return undefined;
  const { disk, choice } = row;
  if (choice.out !== undefined)
    return { state: withProblem(state, `${disk.name} cannot be chosen.`) };
  const chosen = state.answers[purpose.page];
  const twin = twinsOf(
    disk,
    rows.map((one) => one.disk),
  ).find(({ name }) => [...state.answers.system, ...state.answers.storage].includes(name));
  if (twin !== undefined && !chosen.includes(disk.name)) {
    const why = 'these are two paths to one disk, or clones';
    const text = `${disk.name} cannot be told from ${twin.name}, which is chosen: ${why}.`;
    return { state: withProblem(state, text) };
  }
  const names = chosen.includes(disk.name)
    ? chosen.filter((name) => name !== disk.name)
    : [...chosen, disk.name];
  if (names.length > purpose.most)
    return { state: withProblem(state, `${listed(chosen)} are chosen already; take one back.`) };
  const next = withAnswers(withView(state, {}), { [purpose.page]: names });
  if (purpose.page === 'storage') return { state: next };
  // A disk that the system gets is no longer there for anything else.
  const storage = state.answers.storage.filter((name) => !names.includes(name));
  return { state: withAnswers(next, { storage }) };
}

function goOn(state: FlowState, rows: readonly Row[], purpose: Purpose): Outcome {
  const chosen = state.answers[purpose.page];
  if (purpose.page === 'system' && chosen.length === 0) {
    // With nothing marked, the one that is pointed at is meant.
    const marked = mark(state, rows, purpose);
    if (marked === undefined)
      return { state: withProblem(state, 'There is no disk to install on.') };
    if (marked.state.answers.system.length === 0) return marked;
    return goOn(marked.state, rows, purpose);
  }
  const problem = judgeAnswers(state).problems.find(({ page }) => page === purpose.page);
  if (problem !== undefined) return { state: withError(state, problem.error) };
  return { state, go: 'next' };
}
