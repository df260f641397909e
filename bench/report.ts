// What the rounds of a bench say: medians, ratios, and whether the bars hold.
import { formatBytes, formatTable } from '../src/common/format.ts';
import { cpuSeconds, type Measurement } from './measure.ts';

/** What one round measured; sizes in bytes. */
export interface Round {
  cold: Measurement;
  unchanged: Measurement;
  changed: Measurement;
  isoBytes: number;
  liveBuild?: (Measurement & { isoBytes: number }) | undefined;
}

export interface Figures {
  name: string;
  wall: number;
  user: number;
  system: number;
  cpu: number;
  /** CPU seconds of the rest of the machine meanwhile. */
  others: number;
  isoBytes: number | undefined;
}

export interface Bar {
  text: string;
  measured: number;
  limit: number;
  unit: '' | ' s' | ' %' | ' MB';
  holds: boolean;
}

export interface Summary {
  rounds: number;
  figures: Figures[];
  bars: Bar[];
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Medians of every variant, and the bars that they can be held against. */
export function summarize(rounds: readonly Round[]): Summary {
  const figuresOf = (
    name: string,
    pick: (round: Round) => Measurement | undefined,
    size: (round: Round) => number | undefined = () => undefined,
  ): Figures | undefined => {
    const all = rounds.map(pick).filter((one) => one !== undefined);
    if (all.length === 0) return undefined;
    const sizes = rounds.map(size).filter((one) => one !== undefined);
    return {
      name,
      wall: median(all.map((one) => one.wall)),
      user: median(all.map((one) => one.user)),
      system: median(all.map((one) => one.system)),
      cpu: median(all.map(cpuSeconds)),
      others: median(all.map((one) => one.others)),
      isoBytes: sizes.length === 0 ? undefined : median(sizes),
    };
  };
  const cold = figuresOf(
    'Kronos, cold',
    (round) => round.cold,
    (round) => round.isoBytes,
  );
  const changed = figuresOf('Kronos, one recipe file changed', (round) => round.changed);
  const unchanged = figuresOf('Kronos, nothing changed', (round) => round.unchanged);
  const liveBuild = figuresOf(
    'live-build, cold',
    (round) => round.liveBuild,
    (round) => round.liveBuild?.isoBytes,
  );
  const figures = [liveBuild, cold, changed, unchanged].filter((one) => one !== undefined);
  return { rounds: rounds.length, figures, bars: barsOf({ cold, changed, unchanged, liveBuild }) };
}

function barsOf(
  all: Record<'cold' | 'changed' | 'unchanged' | 'liveBuild', Figures | undefined>,
): Bar[] {
  const { cold, changed, unchanged, liveBuild } = all;
  const bars: Bar[] = [];
  const add = (text: string, measured: number, limit: number, unit: Bar['unit']): void => {
    bars.push({ text, measured, limit, unit, holds: measured <= limit });
  };
  if (cold === undefined) return bars;
  if (liveBuild !== undefined) {
    add('cold: wall, parts of live-build', cold.wall / liveBuild.wall, 1 / 3, '');
    add('cold: CPU, parts of live-build', cold.cpu / liveBuild.cpu, 1 / 3, '');
  }
  if (changed !== undefined) {
    add('one file changed: wall, of own cold', (100 * changed.wall) / cold.wall, 10, ' %');
    add('one file changed: CPU, of own cold', (100 * changed.cpu) / cold.cpu, 10, ' %');
  }
  if (unchanged !== undefined) add('nothing changed: wall', unchanged.wall, 2, ' s');
  if (cold.isoBytes !== undefined) add('ISO', cold.isoBytes / 1e6, 300, ' MB');
  return bars;
}

/** The summary as two tables for a terminal. */
export function formatSummary(summary: Summary): string {
  const liveBuild = summary.figures.find((one) => one.name.startsWith('live-build'));
  const cold = summary.figures.find((one) => one.name === 'Kronos, cold');
  const part = (value: number, of: number | undefined): string =>
    of === undefined ? '-' : (value / of).toFixed(2);
  const figures = summary.figures.map((one) => [
    one.name,
    one.wall.toFixed(1),
    one.cpu.toFixed(1),
    one.user.toFixed(1),
    one.system.toFixed(1),
    one.others.toFixed(1),
    `${part(one.wall, liveBuild?.wall)} / ${part(one.cpu, liveBuild?.cpu)}`,
    `${part(one.wall, cold?.wall)} / ${part(one.cpu, cold?.cpu)}`,
    one.isoBytes === undefined ? '-' : formatBytes(one.isoBytes),
  ]);
  const bars = summary.bars.map((bar) => [
    bar.text,
    `${bar.measured.toFixed(2)}${bar.unit}`,
    `at most ${bar.limit.toFixed(2)}${bar.unit}`,
    bar.holds ? 'holds' : 'falls short',
  ]);
  return [
    `Medians of ${summary.rounds} rounds, seconds; ratios are wall / CPU`,
    '',
    formatTable([
      ['', 'wall', 'CPU', 'user', 'sys', 'others', 'to live-build', 'to own cold', 'ISO'],
      ...figures,
    ]),
    '',
    formatTable([['bar', 'measured', 'limit', ''], ...bars]),
  ].join('\n');
}

/** Where the time of one run went. */
export function formatPhases(title: string, measurement: Measurement): string {
  const rows = measurement.phases.map((phase) => [
    phase.name,
    phase.wall.toFixed(1),
    phase.user.toFixed(1),
    phase.system.toFixed(1),
  ]);
  return rows.length === 0
    ? ''
    : `${title}\n${formatTable([['', 'wall', 'user', 'sys'], ...rows])}\n`;
}
