import test from 'ava';
import { fatVolumeId, guidOf, isoDate, mediumLabel } from '../../../src/builder/image/label.ts';
import { digestOf } from '../../../src/common/digest.ts';

test('a label names the build and fits into every file system that we use', (t) => {
  const label = mediumLabel(digestOf('build'));
  t.regex(label, /^KRONOS_[0-9A-F]{8}$/);
  t.true(label.length <= 16, 'Joliet cuts at 16 characters');
  t.not(label, mediumLabel(digestOf('another')));
});

test('numbers follow from the label and differ by purpose', (t) => {
  t.regex(fatVolumeId('KRONOS_00000000'), /^[0-9a-f]{8}$/);
  const version4 = /^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/;
  t.regex(guidOf('KRONOS_00000000', 'disk'), version4);
  t.is(guidOf('KRONOS_00000000', 'disk'), guidOf('KRONOS_00000000', 'disk'));
  t.not(guidOf('KRONOS_00000000', 'disk'), guidOf('KRONOS_00000000', 'iso'));
  t.not(guidOf('KRONOS_00000000', 'disk'), guidOf('KRONOS_00000001', 'disk'));
});

test('dates are written in UTC with hundredths', (t) => {
  t.is(isoDate(1_790_000_000), '2026092114132000');
});
