import test from 'ava';
import { clockEnvironment, clockLibrary, clockShift } from '../../src/builder/clock.ts';

test('the clock is honest unless a whole number of days says otherwise', (t) => {
  for (const text of [undefined, '', 'x', '1.5', '+1', '1 day']) {
    t.is(clockShift(text === undefined ? {} : { KRONOS_CLOCK_SHIFT: text }), undefined);
  }
  t.is(clockShift({ KRONOS_CLOCK_SHIFT: '400' }), 400);
  t.is(clockShift({ KRONOS_CLOCK_SHIFT: '-3' }), -3);
});

test('libfaketime moves the time of day, not the dates of files nor waiting', (t) => {
  t.deepEqual(clockEnvironment(400), {
    ...{ FAKETIME: '+400d', FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
  });
  t.is(clockEnvironment(-3)['FAKETIME'], '-3d');
  t.regex(clockLibrary('/tools'), /^\/tools\/.*\/libfaketime\.so\.1$/);
});
