// A map that shares what did not change.
import test from 'ava';
import fc from 'fast-check';
import { PersistentMap } from '../../../src/fleet/state/persistent-map.ts';

test('it holds what a Map holds, and earlier ones stay as they were', (t) => {
  const change = fc.tuple(fc.nat(300), fc.option(fc.nat(), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      let map = PersistentMap.of<number>();
      const plain = new Map<string, number>();
      const past: [PersistentMap<number>, Map<string, number>][] = [];
      for (const [key, value] of changes) {
        if (value === undefined) plain.delete(`k${key}`);
        else plain.set(`k${key}`, value);
        map = value === undefined ? map.without(`k${key}`) : map.with(`k${key}`, value);
        past.push([map, new Map(plain)]);
      }
      return past.slice(-5).every(([one, other]) => {
        const sorted = [...other].sort();
        return (
          one.size === other.size &&
          JSON.stringify([...one].sort()) === JSON.stringify(sorted) &&
          [...other].every(([key, value]) => one.get(key) === value && one.has(key))
        );
      });
    }),
    { numRuns: 50 },
  );
  t.is(PersistentMap.of(new Map([['a', 1]])).get('a'), 1);
  t.false(PersistentMap.of<number>().has('a'));
});
