// The rules of a rollout, one by one.
import test from 'ava';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { chooseBoot } from '../../../src/fleet/state/boot.ts';
import { decide } from '../../../src/fleet/state/decide.ts';
import { EMPTY_STATE, foldNew } from '../../../src/fleet/state/fold.ts';
import { matchHost } from '../../../src/fleet/state/match.ts';
import type { FleetState } from '../../../src/fleet/state/record.ts';
import type { NewEntry } from '../../../src/fleet/store/store.ts';
import { macOf, makeFleet, makePool } from '../fleets.ts';
import {
  failed, go, hello, installed, ready, released, START, states, step, T0,
} from '../entries.ts'; // prettier-ignore

function armedBy(fleet: Fleet, state: FleetState, now = T0): string[] {
  return decide(fleet, state, now).flatMap(({ subject, event }) =>
    event.type === 'armed' ? [subject] : [],
  );
}

test('nothing is armed before somebody starts it, and then as many as may be', (t) => {
  const fleet = makeFleet(5, { policy: { atOnce: 3 } });
  const state = go(
    fleet,
    EMPTY_STATE,
    [0, 1, 2, 3, 4].map((index) => hello(index)),
  );
  t.deepEqual(states(state), ['seen', 'seen', 'seen', 'seen', 'seen']);
  const started = go(fleet, state, [START]);
  t.deepEqual(states(started), ['armed', 'armed', 'armed', 'seen', 'seen']);
  const paused: NewEntry = {
    ...{ subject: 'fleet', event: { type: 'paused', by: 'operator', reason: '' } },
  };
  t.deepEqual(armedBy(fleet, foldNew(started, [paused, ready(0)], '2026-01-01T00:00:00Z')), []);
});

test('a coordinator that fails keeps its members, and nobody else', (t) => {
  const pools = [makePool('a', ['xen0', 'xen1', 'xen2']), makePool('b', ['xen3', 'xen4'])];
  const fleet = makeFleet(6, { pools, policy: { waves: [2], stopAfter: 9 } });
  let state = go(
    fleet,
    EMPTY_STATE,
    [0, 1, 2, 3, 4, 5].map((index) => hello(index)),
  );
  state = go(fleet, state, [START]);
  t.deepEqual(states(state), ['armed', 'seen', 'seen', 'seen', 'seen', 'seen']);
  state = go(fleet, state, [released(0), failed(0)]);
  // The place in the wave that its members would have had goes to others.
  t.deepEqual(states(state), ['failed', 'seen', 'seen', 'armed', 'seen', 'seen']);
  state = go(fleet, state, [released(3), ready(3)]);
  t.deepEqual(states(state), ['failed', 'seen', 'seen', 'ready', 'armed', 'armed']);
  state = go(fleet, state, [{ subject: macOf(0), event: { type: 'retry', reinstall: false } }]);
  t.deepEqual(states(state), ['armed', 'seen', 'seen', 'ready', 'armed', 'armed']);
});

test('the first that appears is elected where the file says so, and stays', (t) => {
  const pools = [makePool('a', ['xen0', 'xen1', 'xen2'], { coordinator: 'first-seen' })];
  const fleet = makeFleet(3, { pools });
  let state = go(fleet, EMPTY_STATE, [hello(2), hello(0)]);
  t.deepEqual(state.fleet.elected, { a: 'xen2' });
  state = go(fleet, state, [hello(1), START]);
  t.is(state.machines.get(macOf(2))?.role, 'coordinator');
  t.deepEqual(states(state), ['seen', 'seen', 'armed']);
  state = go(fleet, state, [released(2), ready(2)]);
  t.is(state.machines.get(macOf(0))?.role, 'member');
  t.deepEqual(states(state), ['armed', 'armed', 'ready']);
});

test('after so many failures it is paused, and resumed the count begins again', (t) => {
  const fleet = makeFleet(6, { policy: { atOnce: 2, stopAfter: 2 } });
  let state = go(
    fleet,
    EMPTY_STATE,
    [0, 1, 2, 3, 4, 5].map((index) => hello(index)),
  );
  state = go(fleet, state, [START]);
  state = go(fleet, state, [released(0), released(1)]);
  state = go(fleet, state, [failed(0)]);
  t.is(state.fleet.paused, undefined);
  state = go(fleet, state, [failed(1)]);
  t.deepEqual(state.fleet.paused, { by: 'fleet', reason: '2 hosts failed' });
  t.deepEqual(states(state).slice(2), ['armed', 'seen', 'seen', 'seen']);
  state = go(fleet, state, [{ subject: 'fleet', event: { type: 'resumed' } }]);
  t.deepEqual(states(state).slice(2), ['armed', 'armed', 'seen', 'seen']);
});

test('who is silent is given up; progress is a sign of life, and so is that nobody listened', (t) => {
  const fleet = makeFleet(2, { policy: { silence: 60 } });
  const state = go(fleet, go(fleet, EMPTY_STATE, [hello(0), hello(1), START]), [released(0)]);
  const later = T0 + 61_000;
  const given = (options = {}) =>
    decide(fleet, state, later, options)
      .filter(({ event }) => event.type === 'failed')
      .map(({ subject }) => subject);
  t.deepEqual(given().sort(), [macOf(0), macOf(1)]);
  const time = new Date(later - 1000).toISOString();
  const passing = new Map([[macOf(0), { id: macOf(0), percent: 1, message: '', time }]]);
  t.deepEqual(given({ passing }), [macOf(1)]);
  t.deepEqual(given({ listening: later - 5000 }), []);
  const after = foldNew(state, decide(fleet, state, later), time);
  t.like(after.machines.get(macOf(0))?.failure, { stage: 'fleet', code: 'fleet/silent' });
  // It was only not heard: what it says at last counts.
  t.is(foldNew(after, [ready(0)], time).machines.get(macOf(0))?.state, 'ready');
  t.is(foldNew(after, [step(0, 'install', 'write')], time).machines.get(macOf(0))?.state, 'failed');
});

test('machines are known by MAC address, else serial number, else asset tag, else their turn', (t) => {
  const identities = [
    ...[{ mac: macOf(1) }, { serial: 'S2' }, { assetTag: 'T3' }],
    ...[{ order: 2 }, { order: 1 }],
  ];
  const fleet = makeFleet(5, {
    hosts: (index) => ({ identity: identities[index] ?? { order: 9 } }),
  });
  const machine = (index: number, facts: Record<string, string>) => ({ id: macOf(index), facts });
  t.is(matchHost(fleet, EMPTY_STATE, machine(1, { serial: 'S2' })), 'xen0');
  t.is(matchHost(fleet, EMPTY_STATE, machine(7, { serial: ' S2 ', asset_tag: 'T3' })), 'xen1');
  t.is(matchHost(fleet, EMPTY_STATE, machine(7, { serial: 'S9', asset_tag: 'T3' })), 'xen2');
  const state = go(fleet, EMPTY_STATE, [
    hello(20),
    hello(1),
    hello(21, { serial: 'S2' }),
    hello(22, { serial: 'S2' }),
    hello(23),
  ]);
  const names = [20, 1, 21, 22, 23].map((index) => state.machines.get(macOf(index))?.host);
  // The second with the serial number of xen1 is no turn of its own: which of them is meant, only a person knows.
  t.deepEqual(names, ['xen4', 'xen0', 'xen1', undefined, 'xen3']);
});

test('only such as are to be recorded or installed start the live system', (t) => {
  const fleet = makeFleet(1);
  const boot = (state: FleetState) => chooseBoot(fleet, state, macOf(0)).boot;
  t.is(boot(EMPTY_STATE), 'live');
  let state = go(fleet, EMPTY_STATE, [hello(0)]);
  t.is(boot(state), 'live');
  state = go(fleet, state, [START]);
  t.is(boot(state), 'live');
  state = go(fleet, state, [released(0), step(0, 'install', 'write')]);
  // The report of the end may be lost: the disk is tried once.
  const first = chooseBoot(fleet, state, macOf(0));
  t.is(first.boot, 'disk');
  const again = chooseBoot(fleet, go(fleet, state, first.append), macOf(0));
  t.is(again.boot, 'live');
  t.is(states(go(fleet, go(fleet, state, first.append), again.append))[0], 'failed');
  t.is(states(go(fleet, go(fleet, state, first.append), [ready(0)]))[0], 'ready');
  for (const entries of [
    [installed(0)],
    [installed(0), step(0, 'firstboot', 'pool')],
    [ready(0)],
  ]) {
    t.is(boot(go(fleet, state, entries)), 'disk');
  }
  t.is(boot(go(fleet, state, [failed(0)])), 'live');
  const strict = makeFleet(1, { policy: { unknown: 'disk' } });
  t.is(chooseBoot(strict, EMPTY_STATE, macOf(5)).boot, 'disk');
  t.is(chooseBoot(strict, EMPTY_STATE, macOf(0)).boot, 'live');
  // It has to be started to tell its serial number.
  const bySerial = makeFleet(1, {
    policy: { unknown: 'disk' },
    hosts: () => ({ identity: { serial: 'S' } }),
  });
  t.is(chooseBoot(bySerial, EMPTY_STATE, macOf(5)).boot, 'live');
  t.is(chooseBoot(bySerial, go(bySerial, EMPTY_STATE, [hello(5)]), macOf(5)).boot, 'disk');
});

test('a host file that was lost on its way is handed out again, three times', (t) => {
  const fleet = makeFleet(1);
  let state = go(fleet, EMPTY_STATE, [hello(0), START]);
  for (let count = 0; count < 3; count += 1) {
    state = go(fleet, state, [released(0)]);
    const { boot, append } = chooseBoot(fleet, state, macOf(0));
    t.is(boot, 'live');
    state = go(fleet, state, append);
    t.is(states(state)[0], 'armed');
    t.is(state.machines.get(macOf(0))?.attempt, 1);
  }
  state = go(fleet, state, [released(0)]);
  state = go(fleet, state, chooseBoot(fleet, state, macOf(0)).append);
  t.like(state.machines.get(macOf(0))?.failure, { code: 'fleet/restarted' });
});

test('what comes twice or too late changes nothing', (t) => {
  const fleet = makeFleet(1);
  const armed = go(fleet, EMPTY_STATE, [hello(0), START]);
  const state = go(fleet, armed, [released(0), step(0, 'install', 'a')]);
  const time = new Date(T0 + 5).toISOString();
  t.deepEqual(foldNew(state, [step(0, 'install', 'a')], time), foldNew(state, [], time));
  const done = go(fleet, state, [ready(0)]);
  t.deepEqual(foldNew(done, [ready(0)], time).machines.get(macOf(0)), done.machines.get(macOf(0)));
  t.is(foldNew(done, [failed(0)], time).machines.get(macOf(0))?.state, 'ready');
  const broken = go(fleet, state, [failed(0)]);
  t.is(foldNew(broken, [ready(0)], time).machines.get(macOf(0))?.state, 'failed');
});
