// Lists of names that a system has, and events as a person sees them.
import test from 'ava';
import {
  parseZoneData,
  parseZoneTable,
  readKeymaps,
  readTimezones,
} from '../../../src/installer/ui/outside.ts';
import {
  addEvent,
  formatBar,
  rateOf,
  remainingSeconds,
  startProgress,
} from '../../../src/installer/ui/progress.ts';
import type { StepEvent } from '../../../src/steps/event.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

test('time zones: zones and links of tzdata.zi that are places', (t) => {
  const data = [
    '# version 2026a',
    'R d 1916 o - Jun 14 23s 1 S',
    'Z Europe/Berlin 0:53:28 - LMT 1893 Ap',
    '1 c CE%sT 1945 May 24 2',
    'Z EST -5 - EST',
    'L Europe/Berlin Europe/Oslo',
    'L Etc/GMT GMT',
    'L America/New_York US/Eastern',
    'Z Etc/UTC 0 - UTC',
  ].join('\n');
  t.deepEqual(parseZoneData(data), ['Europe/Berlin', 'Europe/Oslo', 'Etc/UTC']);
});

test('time zones: the third column of zone1970.tab', (t) => {
  const table =
    '# comment\nDE,DK\t+5230+01322\tEurope/Berlin\tmost of Germany\nJP\t+35+139\tAsia/Tokyo\n';
  t.deepEqual(parseZoneTable(table), ['Europe/Berlin', 'Asia/Tokyo']);
});

test('time zones: those of the system, and without any list those that Node knows', async (t) => {
  const directory = await temporaryDirectory(t);
  t.true((await readTimezones(directory)).includes('Europe/Berlin'));
  await writeFiles(directory, { 'tzdata.zi': 'Z Asia/Tokyo 9 - JST\n' });
  t.deepEqual(await readTimezones(directory), ['Asia/Tokyo', 'Etc/UTC']);
});

test('keymaps: by the names of their files, wherever they lie', async (t) => {
  const directory = await temporaryDirectory(t);
  t.deepEqual(await readKeymaps([`${directory}/nothing`]), []);
  await writeFiles(directory, {
    'i386/qwertz/de.kmap.gz': '',
    'i386/qwerty/us.map.gz': '',
    'i386/include/compose.inc': '',
    'i386/azerty/fr.map': '',
  });
  t.deepEqual(await readKeymaps([directory]), ['de', 'fr', 'us']);
});

const event = (
  state: StepEvent['state'],
  percent: number,
  more: Partial<StepEvent> = {},
): StepEvent => ({
  ...{ time: '', stage: 'install', step: 'copy', state, percent, message: 'Copying', ...more },
});

test('progress: rate, time that is left, and a bar that never goes back', (t) => {
  let progress = startProgress(0);
  t.is(rateOf(progress), undefined);
  t.is(remainingSeconds(progress), undefined);
  progress = addEvent(progress, event('started', 10), 1000);
  for (let second = 2; second <= 20; second += 1) {
    const bytes = second * 10_000_000;
    const one = event('progress', 10 + second, { bytes, total: 400_000_000 });
    progress = addEvent(progress, one, second * 1000);
  }
  t.is(rateOf(progress), 10_000_000);
  t.is(Math.round(remainingSeconds(progress) ?? 0), Math.round((20 * 70) / 30));
  progress = addEvent(progress, event('failed', 5, { message: 'error x/y: no' }), 21_000);
  t.is(progress.percent, 30);
  t.deepEqual(progress.log, ['  0:01  Copying', '  0:21  FAILED: error x/y: no']);
});

test('progress: a bar', (t) => {
  t.is(formatBar(0, 10), '[..........]   0 %');
  t.is(formatBar(37, 10), '[###.......]  37 %');
  t.is(formatBar(100, 10), '[##########] 100 %');
});
