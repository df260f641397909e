// The rules of a rollout: what follows from where everything stands. Without effects; whoever calls it writes what it says.
import type { Fleet } from '../file/fleet.ts';
import type { NewEntry, Passing } from '../store/store.ts';
import { armHosts } from './arm.ts';
import type { MachineId } from './event.ts';
import { foldNew, isUnderWay } from './fold.ts';
import { countTurns, matchHost } from './match.ts';
import { coordinatorOf, hostOf, isAllNamed, machineOf } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';
import { isOpen } from './window.ts';

export interface DecideOptions {
  /** How far machines are: a sign of life that is not in the journal. */
  passing?: ReadonlyMap<MachineId, Passing> | undefined;
  /** Since when this server listens (ms since 1970): nobody counts as silent for what could not be heard. */
  listening?: number | undefined;
}

/**
 * What follows: machines get names, pools their coordinators, silent hosts are given up, too many failures stop the
 * rollout, and who may be installed is armed. Nothing follows from a state to which all of it was added.
 * `now`: milliseconds since 1970.
 */
export function decide(
  fleet: Fleet,
  state: FleetState,
  now: number,
  options: DecideOptions = {},
): NewEntry[] {
  const decided: NewEntry[] = [];
  let current = state;
  const time = new Date(now).toISOString();
  for (const rule of [nameMachines, electCoordinators, giveUpSilent, stopAtFailures, arm]) {
    const entries = rule(fleet, current, now, options);
    if (entries.length === 0) continue;
    decided.push(...entries);
    current = foldNew(current, entries, time);
  }
  return decided;
}

/** Entries, and what follows from them: what a caller of `transact` appends. */
export function withDecisions(
  fleet: Fleet,
  state: FleetState,
  entries: readonly NewEntry[],
  now: number,
  options: DecideOptions = {},
): NewEntry[] {
  const after = foldNew(state, entries, new Date(now).toISOString());
  return [...entries, ...decide(fleet, after, now, options)];
}

type Rule = (fleet: Fleet, state: FleetState, now: number, options: DecideOptions) => NewEntry[];

const nameMachines: Rule = (fleet, state) => {
  if (isAllNamed(fleet, state)) return [];
  const nameless = [...state.machines.values()]
    .filter((machine) => hostOf(fleet, machine) === undefined && !isUnderWay(machine))
    .sort((a, b) => a.appeared - b.appeared);
  const named: NewEntry[] = [];
  const turns = countTurns(fleet, state);
  let current = state;
  for (const machine of nameless) {
    // A machine that is ready keeps its disk: only a person can say that it becomes another host.
    if (machine.state === 'ready') continue;
    const host = matchHost(fleet, current, machine, turns);
    if (host === undefined) continue;
    const entry: NewEntry = { subject: machine.id, event: { type: 'named', host, by: 'fleet' } };
    named.push(entry);
    current = foldNew(current, [entry], machine.updated);
  }
  return named;
};

/** The first host of a pool that appears, where the file names none. */
const electCoordinators: Rule = (fleet, state) =>
  fleet.pools.flatMap((pool): NewEntry[] => {
    if (pool.coordinator !== 'first-seen' || coordinatorOf(pool, state) !== undefined) return [];
    let first: MachineRecord | undefined;
    for (const name of pool.hosts) {
      const machine = machineOf(state, name);
      if (machine !== undefined && machine.appeared < (first?.appeared ?? Infinity)) {
        first = machine;
      }
    }
    if (first?.host === undefined) return [];
    const event = { type: 'elected', pool: pool.name, host: first.host } as const;
    return [{ subject: 'fleet', event }];
  });

/** An armed machine counts too: one that is not there would keep its place for ever. */
const giveUpSilent: Rule = (fleet, state, now, { passing, listening = 0 }) => {
  const { silence } = fleet.policy;
  const given: NewEntry[] = [];
  for (const machine of state.underWay.values()) {
    if (hostOf(fleet, machine) === undefined) continue;
    const passed = passing?.get(machine.id)?.time;
    const heard = Math.max(
      Date.parse(machine.updated),
      passed === undefined ? 0 : Date.parse(passed),
      listening,
    );
    if (now - heard <= silence * 1000) continue;
    given.push({ subject: machine.id, event: describeSilence(machine, silence) });
  }
  return given;
};

function describeSilence(machine: MachineRecord, silence: number) {
  const where = {
    armed: 'it was to be installed and did not fetch its host file',
    installing: 'it stopped reporting in the middle of its installation',
    'first-boot': 'it stopped reporting during its first start',
    joined: 'it joined its pool and did not report the end of its first start',
  };
  const what = where[machine.state as keyof typeof where];
  return {
    type: 'failed',
    code: 'fleet/silent',
    message: `${what}: nothing was heard for ${silence} s`,
    hint: 'look at its console and its network; then retry',
  } as const;
}

const stopAtFailures: Rule = ({ policy }, { fleet }) => {
  const since = fleet.failures - fleet.forgiven;
  if (!fleet.started || fleet.paused !== undefined || since < policy.stopAfter) return [];
  const reason = since === 1 ? 'a host failed' : `${since} hosts failed`;
  return [{ subject: 'fleet', event: { type: 'paused', by: 'fleet', reason } }];
};

const arm: Rule = (fleet, state, now) => {
  const { started, paused } = state.fleet;
  if (!started || paused !== undefined || !isOpen(fleet.policy.windows, now)) return [];
  return armHosts(fleet, state);
};
