// Machines that behave as they like, against the rules of a fleet: what they do becomes entries, and `decide` follows.
import { chooseBoot } from '../../src/fleet/state/boot.ts';
import { decide } from '../../src/fleet/state/decide.ts';
import { EMPTY_STATE, foldEntry } from '../../src/fleet/state/fold.ts';
import type { Entry, MachineEvent } from '../../src/fleet/state/event.ts';
import { hostOf, machineOf } from '../../src/fleet/state/plan.ts';
import type { FleetState, MachineRecord } from '../../src/fleet/state/record.ts';
import type { Fleet } from '../../src/fleet/file/fleet.ts';
import type { NewEntry } from '../../src/fleet/store/store.ts';
import type { Report } from '../../src/steps/reporter.ts';
import { macOf } from './fleets.ts';

/** What a machine does next; what does not fit to where it is does nothing. */
export const DEEDS = [
  'go-on', 'fail', 'restart', 'lose-file', 'lose-report', 'repeat', 'switch-off',
] as const; // prettier-ignore

export type Deed = (typeof DEEDS)[number];

type Phase = 'off' | 'live' | 'installing' | 'installed' | 'first-boot' | 'running' | 'broken';

interface Machine {
  id: string;
  phase: Phase;
  /** Counts runs, and events in them. */
  run: number;
  number: number;
  /** What it sent last. */
  last?: MachineEvent | undefined;
  /** A report that is sent again at the next occasion. */
  kept?: MachineEvent | undefined;
  /** Attempt whose host file it has. */
  attempt: number;
}

export interface World {
  fleet: Fleet;
  state: FleetState;
  /** Milliseconds. */
  now: number;
  entries: Entry[];
  machines: Machine[];
  /** Called before an entry is added. */
  check: (state: FleetState, entry: Entry, world: World) => void;
}

export function makeWorld(fleet: Fleet, check: World['check']): World {
  const machines = fleet.hosts.map((_, index): Machine => ({
    ...{ id: macOf(index), phase: 'off', run: 0, number: 0, attempt: 0 },
  }));
  const now = Date.UTC(2026, 0, 1);
  return { fleet, state: EMPTY_STATE, now, entries: [], machines, check };
}

/** Adds entries, and all that follows from them. */
export function happen(world: World, entries: readonly NewEntry[]): void {
  const add = (entry: NewEntry): void => {
    const timed = { ...entry, time: new Date(world.now).toISOString() };
    world.check(world.state, timed, world);
    world.state = foldEntry(world.state, timed);
    world.entries.push(timed);
  };
  for (const entry of entries) add(entry);
  for (const entry of decide(world.fleet, world.state, world.now)) add(entry);
  const more = decide(world.fleet, world.state, world.now);
  if (more.length > 0) throw new Error(`undecided: ${JSON.stringify(more)}`);
}

export function recordOf(world: World, machine: Machine): MachineRecord | undefined {
  return world.state.machines.get(machine.id);
}

/** One deed of one machine. */
export function act(world: World, index: number, deed: Deed): void {
  const machine = world.machines[index % world.machines.length];
  if (machine === undefined) return;
  if (deed === 'switch-off') {
    machine.phase = 'off';
  } else if (deed === 'repeat') {
    if (machine.last !== undefined) send(world, machine, machine.last);
  } else if (deed === 'restart' || machine.phase === 'off') {
    startMachine(world, machine);
  } else {
    goOn(world, machine, deed);
  }
}

function startMachine(world: World, machine: Machine): void {
  const { boot, append } = chooseBoot(world.fleet, world.state, machine.id);
  const before = machine.phase;
  happen(world, append);
  if (boot === 'live') {
    machine.phase = 'live';
    const facts = { serial: `S${machine.id}` };
    if (recordOf(world, machine) === undefined) {
      send(world, machine, { type: 'seen', facts, inventory: '0'.repeat(64) });
    }
    return;
  }
  const installed = before === 'installed' || before === 'first-boot' || before === 'running';
  if (!installed && recordOf(world, machine)?.state !== 'installing' && before !== 'off') {
    // Its own disk, on which nothing of ours is: it stays dark.
    machine.phase = 'broken';
    return;
  }
  if (before === 'running') return;
  machine.phase = before === 'installing' ? 'broken' : 'first-boot';
  newRun(machine);
  if (machine.kept !== undefined) send(world, machine, machine.kept);
  machine.kept = undefined;
}

function goOn(world: World, machine: Machine, deed: Deed): void {
  const record = recordOf(world, machine);
  const report = (stage: string): void => {
    const lost = deed === 'lose-report';
    const event = reported(machine, stage, deed === 'fail' ? 'failed' : 'ok');
    if (lost) machine.kept = stage === 'firstboot' ? event : undefined;
    else send(world, machine, event);
  };
  switch (machine.phase) {
    case 'live':
      if (record?.state !== 'armed') return;
      machine.attempt = record.attempt;
      send(world, machine, {
        ...{ type: 'released', attempt: record.attempt },
        ...{
          bootToken: `b${machine.id}${machine.run}`,
          reportToken: `r${machine.id}${machine.run}`,
        },
      });
      newRun(machine);
      if (deed !== 'lose-file') machine.phase = 'installing';
      return;
    case 'installing':
      if (machine.number === 0) {
        step(world, machine, 'install', 'partition');
        return;
      }
      report('install');
      machine.phase = deed === 'fail' ? 'live' : 'installed';
      return;
    case 'installed': {
      startMachine(world, machine);
      return;
    }
    case 'first-boot':
      if (machine.number === 0) {
        step(world, machine, 'firstboot', 'network');
        return;
      }
      if (machine.number === 1) {
        step(world, machine, 'firstboot', 'pool');
        return;
      }
      report('firstboot');
      machine.phase = deed === 'fail' ? 'broken' : 'running';
      return;
    case 'running':
      if (machine.kept !== undefined) send(world, machine, machine.kept);
      machine.kept = undefined;
      return;
    default:
      return;
  }
}

function newRun(machine: Machine): void {
  machine.run += 1;
  machine.number = 0;
}

function step(world: World, machine: Machine, stage: string, name: string): void {
  machine.number += 1;
  send(world, machine, {
    ...{ type: 'step', run: `run${machine.run}`, number: machine.number, stage, step: name },
    ...{ state: 'finished', percent: 50, message: '' },
  });
}

function reported(machine: Machine, stage: string, result: Report['result']): MachineEvent {
  const coordinator = { address: '192.0.2.1', fingerprint: 'a'.repeat(64) };
  return {
    ...{ type: 'reported', run: `run${machine.run}` },
    report: {
      ...{ format: 'kronos-report', version: 1, result, stage, seconds: 1, log: ['last line'] },
      facts: stage === 'firstboot' ? { coordinator } : {},
      ...(result === 'ok' ? {} : { error: { code: 'io/disk', message: 'broken' }, step: 'write' }),
    },
  };
}

/** A server takes what comes with the token of the installation that is under way, and nothing older. */
function send(world: World, machine: Machine, event: MachineEvent): void {
  machine.last = event.type === 'step' || event.type === 'reported' ? event : machine.last;
  const record = recordOf(world, machine);
  const ours =
    event.type === 'seen' || event.type === 'released' || record?.attempt === machine.attempt;
  if (ours) happen(world, [{ subject: machine.id, event }]);
}

/** Whether all hosts of the file are ready. */
export function isDone(world: World): boolean {
  return world.fleet.hosts.every(({ name }) => machineOf(world.state, name)?.state === 'ready');
}

/** Machines of the file that failed. */
export function failedMachines(world: World): MachineRecord[] {
  return [...world.state.machines.values()].filter(
    (machine) => machine.state === 'failed' && hostOf(world.fleet, machine) !== undefined,
  );
}
