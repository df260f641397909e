// How one step of running work reads as a line; the same words on a terminal and in a log file.
import { formatBytes, formatSeconds } from '../common/format.ts';
import type { StepEnd } from '../common/progress.ts';

/** A step as far as it is known. */
export interface StepView {
  name: string;
  title: string;
  state: 'waiting' | 'running' | 'finished' | 'failed';
  /** Milliseconds of the same clock as `now`. */
  started?: number | undefined;
  /** Milliseconds; when it failed. */
  ended?: number | undefined;
  note?: string | undefined;
  end?: StepEnd | undefined;
}

/** Room for `12 min 05 s`. */
const TIME_WIDTH = 11;

/** What stands behind the title: time, then what is being done or how large the output is. */
export function stepStatus(step: StepView, now: number, explain = false): string {
  const { started = now } = step;
  if (step.state === 'waiting') return '';
  if (step.state === 'running') {
    return twoColumns(formatSeconds((now - started) / 1000), step.note);
  }
  if (step.state === 'failed') {
    return `failed after ${formatSeconds(((step.ended ?? now) - started) / 1000)}`;
  }
  const { end } = step;
  const size = end?.bytes === undefined ? undefined : formatBytes(end.bytes);
  // The time in front already says whether it ran.
  const reason = explain ? end?.reason?.replace(/^(reused|ran): /, '') : undefined;
  const behind = [size, reason].filter((part) => part !== undefined).join('  ');
  return twoColumns(end?.reused === true ? 'reused' : formatSeconds(end?.seconds ?? 0), behind);
}

/** A whole line without its sign, cut to `width` columns; titles are padded to `titleWidth`. */
export function stepLine(
  step: StepView,
  options: { now: number; width: number; titleWidth: number; explain?: boolean },
): string {
  const status = stepStatus(step, options.now, options.explain);
  const line = status === '' ? step.title : `${step.title.padEnd(options.titleWidth)}  ${status}`;
  return cut(line, options.width);
}

function twoColumns(first: string, second: string | undefined): string {
  return second === undefined || second === '' ? first : `${first.padEnd(TIME_WIDTH)}  ${second}`;
}

/** Cuts a text to a number of columns, with an ellipsis where something is lost. */
export function cut(text: string, width: number): string {
  const flat = text.replace(/[\r\n\t]+/g, ' ');
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}
