// Times in which machines may be armed.
import test from 'ava';
import type { Window } from '../../../src/fleet/file/fleet.ts';
import { describeOpening, isOpen } from '../../../src/fleet/state/window.ts';

const NIGHT: Window = { days: [5, 6], from: 22 * 60, to: 5 * 60, timezone: 'Europe/Berlin' };

for (const [time, open] of [
  ['2026-07-03T19:59:00Z', false], // Friday 21:59 in Berlin
  ['2026-07-03T20:00:00Z', true],
  ['2026-07-04T02:59:00Z', true], // Saturday 4:59
  ['2026-07-04T03:00:00Z', false],
  ['2026-07-05T02:00:00Z', true], // Sunday 4:00, of Saturday's window
  ['2026-07-05T20:30:00Z', false], // Sunday 22:30
  ['2026-01-02T20:59:00Z', false], // winter: Friday 21:59
  ['2026-01-02T21:00:00Z', true],
] as const) {
  test(`from Friday and Saturday 22:00 to 5:00 in Berlin: ${time} is ${open ? 'in' : 'out'}`, (t) => {
    t.is(isOpen([NIGHT], Date.parse(time)), open);
  });
}

test('no window is always open; the next one is told in words', (t) => {
  const now = Date.parse('2026-07-05T20:30:00Z');
  t.true(isOpen([], now));
  t.is(describeOpening([NIGHT], now), 'Friday 22:00 Europe/Berlin');
  const noon = { days: [1], from: 12 * 60 + 5, to: 13 * 60, timezone: 'Asia/Kolkata' };
  t.is(describeOpening([NIGHT, noon], now), 'Monday 12:05 Asia/Kolkata');
  t.is(describeOpening([noon], Date.parse('2026-07-06T07:00:00Z')), 'Monday 12:05 Asia/Kolkata');
  t.is(describeOpening([], now), undefined);
});
