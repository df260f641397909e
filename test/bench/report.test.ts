import test from 'ava';
import { parseTimes, phasesBetween, type Measurement } from '../../bench/measure.ts';
import { formatSummary, median, summarize, type Round } from '../../bench/report.ts';

function measurement(wall: number, user: number, system: number): Measurement {
  return {
    wall,
    user,
    system,
    method: 'cgroup',
    waitedFor: user,
    others: 0,
    phases: [],
    lines: [],
  };
}

function round(factor: number): Round {
  return {
    cold: measurement(30 * factor, 40 * factor, 10 * factor),
    changed: measurement(2 * factor, 4 * factor, 2 * factor),
    unchanged: measurement(0.5 * factor, 0.5 * factor, 0.1 * factor),
    isoBytes: 272e6,
    liveBuild: { ...measurement(120 * factor, 150 * factor, 30 * factor), isoBytes: 280e6 },
  };
}

test('the median of an odd and of an even number of values', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2.5);
});

test('bars are held against medians, and one that is missed says so', (t) => {
  const { bars, figures } = summarize([round(1), round(1), round(9)]);
  t.is(figures.find((one) => one.name === 'Kronos, cold')?.cpu, 50);
  t.deepEqual(
    bars.map((bar) => [bar.text, bar.holds]),
    [
      ['cold: wall, parts of live-build', true],
      ['cold: CPU, parts of live-build', true],
      ['one file changed: wall, of own cold', true],
      ['one file changed: CPU, of own cold', false],
      ['nothing changed: wall', true],
      ['ISO', true],
    ],
  );
});

test('without live-build nothing is compared with it', (t) => {
  const summary = summarize([{ ...round(1), liveBuild: undefined }]);
  t.false(summary.bars.some((bar) => bar.text.includes('live-build')));
  t.regex(
    formatSummary(summary),
    /Kronos, cold +30\.0 +50\.0 +40\.0 +10\.0 +0\.0 +- \/ - +1\.00 \/ 1\.00/,
  );
});

test('the children of a shell are the second line of times', (t) => {
  t.deepEqual(parseTimes('0m0.01s 0m0.02s\n1m2.50s 0m3.25s\n'), { user: 62.5, system: 3.25 });
});

test('a phase lasts until the next one begins', (t) => {
  const at = (wall: number) => ({ wall, user: wall * 2, system: 0 });
  const phases = phasesBetween(
    [
      { name: 'a', at: at(1) },
      { name: 'b', at: at(4) },
    ],
    at(10),
  );
  t.deepEqual(
    phases.map(({ name, wall, user }) => [name, wall, user]),
    [
      ['start', 1, 2],
      ['a', 3, 6],
      ['b', 6, 12],
    ],
  );
});
