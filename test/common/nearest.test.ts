import test from 'ava';
import fc from 'fast-check';
import { editDistance, nearest } from '../../src/common/nearest.ts';

test('distances count insertions, removals, changes and swaps of neighbours', (t) => {
  t.is(editDistance('', ''), 0);
  t.is(editDistance('abc', 'abc'), 0);
  t.is(editDistance('', 'abc'), 3);
  t.is(editDistance('packges', 'packages'), 1);
  t.is(editDistance('versoin', 'version'), 1);
  t.is(editDistance('xen', 'xapi'), 3);
});

test('the nearest name is found, and none when all are far', (t) => {
  t.is(nearest('packges', ['packages', 'files', 'links']), 'packages');
  t.is(nearest('OpenVSwitch', ['openvswitch', 'xen']), 'openvswitch');
  t.is(nearest('zzzzzz', ['packages', 'files']), undefined);
  t.is(nearest('x', []), undefined);
});

const word = fc.string({ maxLength: 10 });

test('property: a distance is symmetric, zero only for equals, and at most the longer length', (t) => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      t.is(distance, editDistance(b, a));
      t.is(distance === 0, a === b);
      t.true(distance <= Math.max(a.length, b.length));
      t.true(distance >= Math.abs(a.length - b.length));
    }),
  );
});

test('property: one typing mistake is always undone when no other name is as near', (t) => {
  const name = fc.stringMatching(/^[a-z]{4,12}$/);
  fc.assert(
    fc.property(name, fc.nat(), fc.constantFrom('drop', 'double', 'swap'), (right, at, mistake) => {
      const i = at % (right.length - 1);
      const head = right.slice(0, i);
      const [a = '', b = ''] = right.slice(i);
      const tail = right.slice(i + 2);
      const typed = {
        drop: head + b + tail,
        double: head + a + a + b + tail,
        swap: head + b + a + tail,
      }[mistake];
      t.is(nearest(typed, [right, 'QQQQQQQQQQQQQQQQQQQQ']), right);
    }),
  );
});
