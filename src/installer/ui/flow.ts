// The screens as a machine of states: an event makes the next state, and what is to be done outside.
import { formatError, KronosError } from '../../common/error.ts';
import type { Inventory } from '../../host/inventory.ts';
import { firstAnswers } from './answers.ts';
import { eraseKey } from './judge.ts';
import type { Key } from './keys.ts';
import { FIRST_VIEW, withAnswers, withError, type Outcome } from './page.ts';
import { PAGE_OF } from './pages.ts';
import { addEvent, startProgress } from './progress.ts';
import { COLUMNS, ROWS } from './screen.ts';
import { startInstall } from './start-install.ts';
import { PAGES, type FlowEvent, type FlowState, type PageId } from './state.ts';
import type { Preset, Turn, World } from './state.ts';
import { BOX_HEIGHT } from './view.ts';
import { editField, fieldOf } from './widgets/field.ts';
import { scrollText } from './widgets/scroll.ts';

/** Where the screens begin: with the questions, or with the plan of a host file that was found. */
export function firstState(world: World, preset?: Preset): FlowState {
  const state: FlowState = {
    ...{ world, preset, page: 'welcome', trail: [] },
    answers: firstAnswers(world.inventory),
    ...{ view: FIRST_VIEW, problem: [], warned: '', waiting: '' },
  };
  return enter(state, preset === undefined ? 'welcome' : 'summary');
}

/** The state after an event. Pure: what is asked for is handed back. */
export function update(state: FlowState, event: FlowEvent): Turn {
  switch (event.type) {
    case 'key':
      return press(state, event.key);
    case 'size':
      return quiet(resize(state, event));
    case 'hashed': {
      if (state.page !== 'login') return quiet(state);
      const next = withAnswers({ ...state, waiting: '' }, { passwordHash: event.hash });
      return follow({ state: next, go: 'next' });
    }
    case 'probed':
      return quiet(lookAgain(state, event.inventory));
    case 'saved':
      return quiet({ ...state, waiting: '', problem: [`Saved: ${event.place}`] });
    case 'note':
      return quiet(state.problem.length > 0 ? state : { ...state, problem: [event.text] });
    case 'refused':
      return quiet(withError({ ...state, waiting: '' }, event.error));
    case 'ask':
      return quiet({ ...state, secret: { words: event.words, field: fieldOf('') } });
    case 'step': {
      const running = state.page === 'progress' ? state : enter(state, 'progress');
      const before = state.page === 'progress' ? state.progress : undefined;
      const progress = addEvent(before ?? startProgress(event.now), event.event, event.now);
      return quiet({ ...running, waiting: '', progress });
    }
    case 'tick':
      if (state.progress === undefined || state.page !== 'progress') return quiet(state);
      return quiet({ ...state, progress: { ...state.progress, now: event.now } });
    case 'installed':
      return quiet(finish(state, 'done', event.now));
    case 'failed':
      return quiet({ ...finish(state, 'failed', event.now), failure: failureOf(event.error) });
    case 'other':
      return meetOther(state, event.holder);
  }
}

function quiet(state: FlowState): Turn {
  return { state, effects: [] };
}

/** A page from its beginning. */
function enter(state: FlowState, page: PageId): FlowState {
  const view = { ...FIRST_VIEW, ...PAGE_OF[page].open?.(state) };
  return { ...state, page, view, problem: [], warned: '', box: undefined };
}

function press(state: FlowState, key: Key): Turn {
  if (key.name === 'f2' || key.name === 'interrupt') return { state, effects: [{ type: 'shell' }] };
  if (key.name === 'redraw') return { state, effects: [{ type: 'redraw' }] };
  const { small, other, box } = state;
  if (small !== undefined && small.accepted !== true) {
    return quiet(key.name === 'enter' ? { ...state, small: { ...small, accepted: true } } : state);
  }
  if (other !== undefined) return quiet(state);
  if (box !== undefined) {
    if (key.name === 'enter' || key.name === 'escape') return quiet({ ...state, box: undefined });
    const top = scrollText(box.top, key, box.lines.length, BOX_HEIGHT);
    return quiet(top === undefined ? state : { ...state, box: { ...box, top } });
  }
  if (state.secret !== undefined) return typeSecret(state, state.secret, key);
  if (state.waiting !== '') return quiet(state);
  if (key.name === 'f5' && ['welcome', 'system', 'storage', 'card'].includes(state.page))
    return probeAgain(state);
  const outcome = PAGE_OF[state.page].press(state, key);
  if (outcome !== undefined) return follow(outcome);
  return quiet(key.name === 'escape' ? goBack(state) : state);
}

function typeSecret(
  state: FlowState,
  { words, field }: NonNullable<FlowState['secret']>,
  key: Key,
): Turn {
  if (key.name === 'enter' && field.text !== '') {
    const effects = [{ type: 'answer' as const, text: field.text }];
    return { state: { ...state, secret: undefined }, effects };
  }
  const edited = editField(field, key);
  return quiet(edited === undefined ? state : { ...state, secret: { words, field: edited } });
}

/** Where the outcome of a page leads. */
function follow({ state, effects = [], go }: Outcome): Turn {
  if (go === undefined) return { state, effects };
  if (go !== 'next') return { state: goTo(state, go), effects };
  // The end of disks was typed because the plan asked for it: that is what was waited for.
  if (state.page === 'erase' && state.trail.at(-1) === 'summary') {
    const outcome = startInstall(goBack(state));
    return { state: outcome.state, effects: [...effects, ...(outcome.effects ?? [])] };
  }
  const rest = PAGES.slice(PAGES.indexOf(state.page) + 1);
  const next = rest.find((id) => PAGE_OF[id].applies?.(state) !== false) ?? 'summary';
  return { state: enter({ ...state, trail: [...state.trail, state.page] }, next), effects };
}

/** Another page than the next one: back along the trail where it is there, with what is wrong there on it. */
function goTo(state: FlowState, page: PageId): FlowState {
  // The end of disks is typed in between, and then what was asked for goes on.
  const before = page === 'erase' ? -1 : state.trail.indexOf(page);
  const trail = before === -1 ? [...state.trail, state.page] : state.trail.slice(0, before);
  return enter({ ...state, trail: page === 'welcome' ? [] : trail }, page);
}

function goBack(state: FlowState): FlowState {
  const last = state.trail.at(-1);
  if (last === undefined || ['progress', 'done', 'failed'].includes(state.page)) return state;
  return enter({ ...state, trail: state.trail.slice(0, -1) }, last);
}

function resize(state: FlowState, { columns, rows }: { columns: number; rows: number }): FlowState {
  if (columns >= COLUMNS && rows >= ROWS) return { ...state, small: undefined };
  const accepted = state.small?.accepted === true;
  return { ...state, small: { columns, rows, accepted } };
}

function probeAgain(state: FlowState): Turn {
  return {
    state: { ...state, waiting: 'Looking at the machine again ...', problem: [] },
    effects: [{ type: 'probe' }],
  };
}

/** Answers that name what is not there any more, or is another thing now, are taken back. */
function lookAgain(state: FlowState, inventory: Inventory): FlowState {
  const { answers, world } = state;
  const isSame = (name: string): boolean => {
    const before = world.inventory.disks.find((disk) => disk.name === name);
    const now = inventory.disks.find((disk) => disk.name === name);
    if (before === undefined || now === undefined) return false;
    // What is on it may have changed; then its end must be typed again.
    return eraseKey({ ...before, contents: [] }) === eraseKey({ ...now, contents: [] });
  };
  const card = inventory.interfaces.some(({ name }) => name === answers.card)
    ? answers.card
    : firstAnswers(inventory).card;
  const next = withAnswers(
    { ...state, waiting: '', world: { ...world, inventory } },
    { card, system: answers.system.filter(isSame), storage: answers.storage.filter(isSame) },
  );
  return enter(next, state.page === 'failed' ? 'summary' : state.page);
}

function finish(state: FlowState, page: PageId, now: number): FlowState {
  const { progress } = state;
  const ended = progress === undefined ? undefined : { ...progress, now, asking: undefined };
  return enter({ ...state, waiting: '', progress: ended }, page);
}

function failureOf(error: unknown): FlowState['failure'] {
  if (!(error instanceof KronosError))
    return { code: 'internal/defect', message: formatError(error), hint: '' };
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    causes.push(`because: ${cause.message}`);
  return {
    code: error.code,
    message: [error.message, ...causes].join('\n'),
    hint: error.hint ?? '',
  };
}

function meetOther(state: FlowState, holder: FlowState['other']): Turn {
  if (holder !== undefined) return quiet({ ...state, waiting: '', other: holder });
  if (state.other === undefined) return quiet(state);
  // It ended: the disks are not what they were.
  return probeAgain({ ...state, other: undefined });
}
