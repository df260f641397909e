import test from 'ava';
import { explainChange } from '../../../src/builder/step/explain.ts';

test('what changed is named, whatever the order of keys', (t) => {
  const before = { epoch: 1, 'lock: tools': ['a', 'b'], menu: { label: 'x', brand: 'y' }, old: 1 };
  const cases: [Record<string, unknown> | undefined, Record<string, unknown>, string][] = [
    [undefined, before, 'ran: never made before'],
    [before, { ...before }, 'ran: its output was no longer in the cache'],
    [
      before,
      { old: 1, menu: { brand: 'y', label: 'x' }, 'lock: tools': ['a', 'b'], epoch: 1 },
      'ran: its output was no longer in the cache',
    ],
    [before, { ...before, epoch: 2 }, 'ran: epoch changed'],
    [before, { ...before, 'lock: tools': ['b', 'a'] }, 'ran: lock: tools changed'],
    [{ epoch: 1, old: 1 }, { epoch: 1, label: 'x' }, 'ran: new input label, input old is gone'],
    [{}, { a: 1, b: 1, c: 1 }, 'ran: new input a, new input b, new input c'],
    [
      { a: 1 },
      { a: 2, e: 1, d: 1, c: 1, b: 1 },
      'ran: a changed, new input b, new input c and 2 more',
    ],
  ];
  for (const [from, to, text] of cases) t.is(explainChange(from, to), text);
});
