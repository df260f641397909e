// Whatever machines do and in whichever order: the limits hold, and where they behave at last every rollout ends.
import test from 'ava';
import fc from 'fast-check';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import type { Entry, MachineEvent } from '../../../src/fleet/state/event.ts';
import { foldEntry } from '../../../src/fleet/state/fold.ts';
import { hostOf, machineOf, roleOf } from '../../../src/fleet/state/plan.ts';
import type { FleetState } from '../../../src/fleet/state/record.ts';
import { planRollout } from '../../../src/fleet/state/rollout.ts';
import { isUnderWay } from '../../../src/fleet/state/fold.ts';
import { makeFleet, makePool } from '../fleets.ts';
import { act, DEEDS, failedMachines, happen, isDone, makeWorld, type World } from '../world.ts';

const RUNS = process.env['KRONOS_VM_MATRIX'] === 'full' ? 5000 : 150;

const fleets = fc
  .record({
    size: fc.integer({ min: 1, max: 12 }),
    poolSize: fc.integer({ min: 1, max: 5 }),
    pooled: fc.integer({ min: 0, max: 12 }),
    named: fc.boolean(),
    reversed: fc.boolean(),
    byOrder: fc.boolean(),
    joins: fc.integer({ min: 1, max: 3 }),
    canary: fc.integer({ min: 0, max: 3 }),
    approval: fc.constantFrom('none', 'canary', 'every-wave'),
    waves: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    atOnce: fc.integer({ min: 1, max: 5 }),
    stopAfter: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ size, poolSize, pooled, named, reversed, byOrder, joins, ...policy }): Fleet => {
    const names = Array.from({ length: Math.min(size, pooled) }, (_, index) => `xen${index}`);
    const pools = [];
    for (let at = 0; at < names.length; at += poolSize) {
      const hosts = names.slice(at, at + poolSize);
      // Also a coordinator that stands behind its members in the file.
      const coordinator = { host: (reversed ? hosts.at(-1) : hosts[0]) ?? '' };
      const rule = named ? coordinator : ('first-seen' as const);
      pools.push(makePool(`pool${at}`, hosts, { joins, coordinator: rule }));
    }
    return makeFleet(size, {
      ...{ policy: { ...policy, silence: 60 }, pools },
      ...(byOrder ? { hosts: (index) => ({ identity: { order: index + 1 } }) } : {}),
    });
  });

const deeds = fc.array(
  fc.record({
    machine: fc.nat(30),
    deed: fc.constantFrom(...DEEDS, 'go-on', 'go-on', 'go-on', 'go-on'),
    seconds: fc.constantFrom(1, 1, 1, 5, 61),
    operator: fc.constantFrom(
      '',
      '',
      '',
      '',
      'start',
      'pause',
      'resume',
      'approve',
      'retry',
      'again',
    ),
  }),
  { maxLength: 150 },
);

/** Holds what must be true of every entry. */
function check(state: FleetState, entry: Entry, { fleet }: World): void {
  const event = entry.event as MachineEvent;
  const after = foldEntry(state, entry);
  let under = 0;
  const joining = new Map<string, number>();
  for (const host of fleet.hosts) {
    const machine = machineOf(after, host.name);
    if (machine === undefined || !isUnderWay(machine)) continue;
    under += 1;
    if (machine.role !== 'member' || machine.state === 'joined') continue;
    joining.set(host.pool ?? '', (joining.get(host.pool ?? '') ?? 0) + 1);
  }
  hold(under <= fleet.policy.atOnce, 'at most so many at once');
  for (const pool of fleet.pools) {
    hold((joining.get(pool.name) ?? 0) <= pool.joins, 'at most so many join a pool');
  }
  if (event.type !== 'armed') return;
  const machine = state.machines.get(entry.subject);
  const host = hostOf(fleet, machine);
  if (machine === undefined || host === undefined) throw new Error('no host');
  hold(machine.state === 'seen', 'only such as wait are armed');
  hold(state.fleet.started && state.fleet.paused === undefined, 'only in a rollout that runs');
  const part = roleOf(fleet, state, host);
  if (part?.role === 'member') {
    const coordinator = machineOf(state, part.coordinator ?? '');
    hold(coordinator?.state === 'ready', 'the coordinator first');
    hold(coordinator?.coordinator !== undefined, 'members know how to join');
  }
  const again = machine.wave !== undefined;
  if (again) return;
  const { policy } = fleet;
  const { wave } = event;
  const inWave = (number: number) =>
    [...state.machines.values()].filter((one) => one.wave === number);
  if (wave > 0) {
    hold(inWave(0).filter((one) => one.state === 'ready').length >= policy.canary, 'canary first');
    const size = policy.waves[Math.min(wave, policy.waves.length) - 1] ?? Infinity;
    hold(inWave(wave).length < size, 'no wave is too large');
  } else {
    hold(inWave(0).length < policy.canary, 'no canary is too large');
  }
  const first = policy.canary > 0 ? 0 : 1;
  const asked =
    policy.approval === 'every-wave'
      ? wave > first
      : policy.approval === 'canary' && first === 0 && wave > 0;
  const needed = policy.approval === 'canary' ? 1 : wave;
  hold(!asked || state.fleet.approvedWave >= needed, 'not without approval');
}

function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`);
}

function operate(world: World, what: string): void {
  const { fleet, state } = world;
  const now = planRollout(fleet, state);
  if (what === 'start' && !state.fleet.started) {
    happen(world, [{ subject: 'fleet', event: { type: 'started' } }]);
  }
  if (what === 'pause') {
    happen(world, [{ subject: 'fleet', event: { type: 'paused', by: 'operator', reason: '' } }]);
  }
  if (what === 'resume' && state.fleet.paused !== undefined) {
    happen(world, [{ subject: 'fleet', event: { type: 'resumed' } }]);
  }
  if (what === 'approve' && now.approvable !== undefined) {
    happen(world, [{ subject: 'fleet', event: { type: 'approved', wave: now.approvable } }]);
  }
  const [failed] = failedMachines(world);
  if (what === 'retry' && failed !== undefined) {
    happen(world, [{ subject: failed.id, event: { type: 'retry', reinstall: false } }]);
  }
  const ready = [...state.machines.values()].find((machine) => machine.state === 'ready');
  if (what === 'again' && ready !== undefined) {
    happen(world, [{ subject: ready.id, event: { type: 'retry', reinstall: true } }]);
  }
}

/** No machine is armed more often than somebody asked for it. */
function countArmed(world: World): void {
  for (const { id } of world.machines) {
    const own = world.entries.filter((entry) => entry.subject === id);
    const armed = own.filter(({ event }) => event.type === 'armed').length;
    const asked = own.filter(({ event }) => event.type === 'retry').length;
    hold(armed <= asked + 1, 'nothing is installed again without being asked for');
  }
}

test('limits hold whatever happens, and where all behave at last everything is ready', (t) => {
  fc.assert(
    fc.property(fleets, deeds, (fleet, list) => {
      const world = makeWorld(fleet, check);
      for (const { machine, deed, seconds, operator } of list) {
        world.now += seconds * 1000;
        operate(world, operator);
        act(world, machine, deed);
        happen(world, []);
      }
      countArmed(world);
      operate(world, 'start');
      // Everybody is switched on and behaves, and somebody takes care.
      for (let round = 0; !isDone(world); round += 1) {
        if (round > 60 + fleet.hosts.length * 30) {
          const where = [...world.state.machines.values()].map(({ host, state }) => [host, state]);
          throw new Error(`does not end: ${JSON.stringify([where, world.state.fleet])}`);
        }
        for (const what of ['retry', 'resume', 'approve']) operate(world, what);
        for (const [index, machine] of world.machines.entries()) {
          world.now += 10;
          const state = world.state.machines.get(machine.id)?.state;
          const dark = machine.phase === 'broken' || state === 'seen' || state === 'armed';
          const live = machine.phase === 'live';
          act(world, index, dark && !live ? 'restart' : 'go-on');
        }
        // Those that stand still for other reasons are found by their silence.
        if (round % 10 === 9) {
          world.now += 61_000;
          happen(world, []);
        }
      }
      countArmed(world);
    }),
    { numRuns: RUNS },
  );
  t.pass();
});
