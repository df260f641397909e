// What a page is, and what pages share.
import type { KronosError } from '../../common/error.ts';
import { wrap, plain } from '../../host/select/text.ts';
import type { Key } from './keys.ts';
import { TEXT_COLUMNS, type Line, type Place } from './screen.ts';
import type { Answers } from './answers.ts';
import type { Effect, FlowState, PageId, View } from './state.ts';
import { formOf } from './widgets/form.ts';

/** What a page makes of a key. */
export interface Outcome {
  state: FlowState;
  effects?: readonly Effect[];
  /** Where to go: the next page that applies, or one by name. */
  go?: 'next' | PageId;
}

export interface PageView {
  body: readonly Line[];
  cursor?: Place | undefined;
  keys: string;
}

export interface Page {
  title: (state: FlowState) => string;
  /** Left out where it always applies. */
  applies?: (state: FlowState) => boolean;
  /** The view as the page is entered, from what was answered before. */
  open?: (state: FlowState) => Partial<View>;
  render: (state: FlowState) => PageView;
  /** Undefined: the key means nothing here. */
  press: (state: FlowState, key: Key) => Outcome | undefined;
}

export const FIRST_VIEW: View = { index: 0, top: 0, form: formOf({}) };

/** The state with another view of its page; what was wrong is no longer said. */
export function withView(state: FlowState, view: Partial<View>): FlowState {
  return { ...state, view: { ...state.view, ...view }, problem: [], warned: '' };
}

export function withAnswers(state: FlowState, answers: Partial<Answers>): FlowState {
  return { ...state, answers: { ...state.answers, ...answers } };
}

/** The state with something to say; what needs more than two lines gets a box of its own. */
export function withProblem(state: FlowState, text: string, hint?: string): FlowState {
  const all = text.split('\n').flatMap(keepTable);
  const hints = hint === undefined ? [] : wrap(`-> ${plain(hint)}`, TEXT_COLUMNS);
  if (all.length + hints.length <= 2) return { ...state, problem: [...all, ...hints] };
  const lines = [...all, ...(hints.length === 0 ? [] : ['', ...hints])].map((line) => `  ${line}`);
  return { ...state, problem: [], box: { title: 'This does not work', lines, top: 0 } };
}

/** Tables are aligned by blanks that wrapping would take; only what is too long is wrapped. */
export function keepTable(line: string): string[] {
  const text = line.replace(/[^ -~]/gu, '?');
  return text.length <= TEXT_COLUMNS ? [text] : wrap(text, TEXT_COLUMNS);
}

export function withError(state: FlowState, error: KronosError): FlowState {
  return withProblem(state, error.message, error.hint);
}

/** Paragraphs of the body. */
export function paragraph(text: string): Line[] {
  return wrap(text, TEXT_COLUMNS).map((line) => [{ text: `  ${line}` }]);
}

export const BLANK: Line = [];
