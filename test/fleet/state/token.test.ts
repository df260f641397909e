// Boot tokens: ours, for one machine, for a week, for one host file.
import test from 'ava';
import fc from 'fast-check';
import { digestOf } from '../../../src/common/digest.ts';
import { EMPTY_STATE, foldNew } from '../../../src/fleet/state/fold.ts';
import { checkToken, isSpent, issueToken } from '../../../src/fleet/state/token.ts';
import { hello, T0 } from '../entries.ts';
import { macOf } from '../fleets.ts';

const SECRET = Buffer.alloc(32, 7);
const DAY = 24 * 3600 * 1000;

test('a token is good for its machine, for a week, with our secret', (t) => {
  const token = issueToken(SECRET, macOf(1), T0);
  t.regex(token, /^[\w-]+[.][\w-]+$/, 'it stands in boot arguments');
  t.is(checkToken(SECRET, token, macOf(1), T0), 'good');
  t.is(checkToken(SECRET, token, macOf(1), T0 + 7 * DAY), 'good');
  t.is(checkToken(SECRET, token, macOf(1), T0 + 7 * DAY + 1), 'old');
  t.is(checkToken(SECRET, token, macOf(2), T0), 'bad');
  t.is(checkToken(Buffer.alloc(32, 8), token, macOf(1), T0), 'bad');
  t.is(checkToken(SECRET, token, macOf(1), T0 - DAY), 'bad', 'of a time that is to come');
  t.not(token, issueToken(SECRET, macOf(1), T0));
});

test('nothing else is good', (t) => {
  const token = issueToken(SECRET, macOf(1), T0);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ minLength: 0, maxLength: 3 }), (at, text) => {
      const other = token.slice(0, at) + text + token.slice(at + 1);
      return other === token || checkToken(SECRET, other, macOf(1), T0) === 'bad';
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => checkToken(SECRET, text, macOf(1), T0) === 'bad'));
  t.is(checkToken(SECRET, 'a'.repeat(1e6), macOf(1), T0), 'bad');
});

test('a token is spent with its host file, and so are those before it', (t) => {
  const [earlier, own, later] = [T0, T0 + 1000, T0 + 60_000].map((time) =>
    issueToken(SECRET, macOf(1), time),
  );
  const tokens = { bootToken: digestOf(own ?? ''), reportToken: 'r' };
  const armed = { type: 'armed', attempt: 1, wave: 1, by: 'fleet' } as const;
  let state = foldNew(
    EMPTY_STATE,
    [hello(1), { subject: macOf(1), event: armed }],
    new Date(T0).toISOString(),
  );
  const machine = () => state.machines.get(macOf(1));
  const spent = (token = '') => {
    const found = machine();
    return found !== undefined && isSpent(found, token);
  };
  t.deepEqual([earlier, own, later].map(spent), [false, false, false]);
  const time = new Date(T0 + 30_000).toISOString();
  state = foldNew(
    state,
    [{ subject: macOf(1), event: { type: 'released', attempt: 1, ...tokens } }],
    time,
  );
  t.deepEqual([earlier, own, later].map(spent), [true, true, false]);
});
