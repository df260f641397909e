// From the journal to where everything stands. Whoever reads the same entries gets the same state.
import type { Entry, FleetEvent, MachineEvent } from './event.ts';
import { foldReport, foldStep } from './fold-report.ts';
import { PersistentMap } from './persistent-map.ts';
import type { FleetRecord, FleetState, MachineRecord } from './record.ts';
import type { NewEntry } from '../store/store.ts';

/** Of a fleet of which nothing was heard yet. */
export const EMPTY_STATE: FleetState = {
  fleet: { started: false, approvedWave: -1, elected: {}, failures: 0, forgiven: 0 },
  machines: PersistentMap.of(),
  hosts: PersistentMap.of(),
  underWay: PersistentMap.of(),
  reporters: PersistentMap.of(),
};

/** States between arming and ready. */
const UNDER_WAY: ReadonlySet<MachineRecord['state']> = new Set([
  'armed', 'installing', 'first-boot', 'joined',
]); // prettier-ignore

/** Whether a machine takes one of the places that policy.atOnce gives. */
export function isUnderWay(machine: MachineRecord): boolean {
  return UNDER_WAY.has(machine.state);
}

/**
 * The state after an entry. It takes about the same time however many machines there are, and the state from before
 * stays what it was. What does not fit (a step of a machine that was never seen) changes nothing.
 */
export function foldEntry(state: FleetState, entry: Entry): FleetState {
  if (isOfFleet(entry)) return { ...state, fleet: foldFleet(state.fleet, entry.event) };
  const { subject, event, time } = entry;
  const machines = PersistentMap.of(state.machines);
  const before = machines.get(subject) ?? introduce(subject, event, machines.size + 1, time);
  if (before === undefined) return state;
  const after = foldMachine(before, event, time);
  const failed = after.state === 'failed' && before.state !== 'failed';
  const next: FleetState = {
    ...state,
    machines: machines.with(subject, after),
    ...(failed ? { fleet: { ...state.fleet, failures: state.fleet.failures + 1 } } : {}),
  };
  return keepIndices(next, before, after);
}

/** The state after entries that are not in the journal yet. */
export function foldNew(state: FleetState, entries: readonly NewEntry[], time: string): FleetState {
  return entries.reduce((next, entry) => foldEntry(next, { ...entry, time }), state);
}

/** Whether an entry is about the fleet as a whole. */
export function isOfFleet<E extends Entry | NewEntry>(
  entry: E,
): entry is Extract<E, { subject: 'fleet'; event: FleetEvent }> {
  return entry.subject === 'fleet';
}

function foldFleet(fleet: FleetRecord, event: FleetEvent): FleetRecord {
  switch (event.type) {
    case 'started':
      return { ...fleet, started: true };
    case 'paused':
      return { ...fleet, paused: { by: event.by, reason: event.reason } };
    case 'resumed':
      return { ...fleet, paused: undefined, forgiven: fleet.failures };
    case 'approved':
      return { ...fleet, approvedWave: Math.max(fleet.approvedWave, event.wave) };
    case 'elected':
      return { ...fleet, elected: { ...fleet.elected, [event.pool]: event.host } };
  }
}

/** Machines come to be by being seen. */
function introduce(
  id: string,
  event: MachineEvent,
  appeared: number,
  time: string,
): MachineRecord | undefined {
  if (event.type !== 'seen') return undefined;
  return {
    ...{ id, state: 'seen', facts: {}, appeared, attempt: 0, heard: false },
    ...{ restarts: 0, lost: 0, runs: {}, twins: 0, updated: time },
  };
}

function foldMachine(machine: MachineRecord, event: MachineEvent, time: string): MachineRecord {
  const now = { ...machine, updated: time };
  switch (event.type) {
    case 'seen':
      return {
        ...now,
        facts: event.facts,
        inventory: event.inventory,
        address: event.address ?? machine.address,
      };
    case 'twin':
      // Says nothing of the machine itself, so it is no sign of life of it.
      return { ...machine, twins: machine.twins + 1 };
    case 'replaced':
      // Its inventory comes with its next hello.
      return { ...now, facts: event.facts, inventory: undefined, twins: 0 };
    case 'named':
      if (machine.host === event.host) return now;
      return {
        ...now,
        host: event.host,
        wave: undefined,
        ...(machine.state === 'failed' ? { state: 'seen', failure: undefined } : {}),
      };
    case 'armed':
      if (machine.state !== 'seen') return machine;
      return {
        ...now,
        ...{ state: 'armed', attempt: event.attempt, wave: event.wave, role: event.role },
        ...{ heard: false, restarts: 0, lost: 0, runs: {}, armedAt: time },
        ...{ step: undefined, failure: undefined, coordinator: undefined },
        readyAt: undefined,
      };
    case 'released':
      if (machine.state !== 'armed' || machine.attempt !== event.attempt) return machine;
      return {
        ...now,
        ...{ state: 'installing', spentToken: event.bootToken, reportToken: event.reportToken },
        ...{ heard: false, restarts: 0, runs: {}, spentAt: time },
      };
    case 'restarted':
      if (machine.state !== 'installing') return machine;
      if (machine.heard) return { ...now, restarts: machine.restarts + 1 };
      return { ...now, state: 'armed', lost: machine.lost + 1 };
    case 'step':
      return foldStep(machine, event, time);
    case 'reported':
      return foldReport(machine, event, time);
    case 'failed': {
      if (machine.state === 'ready' || machine.state === 'failed') return now;
      const { code, message, hint } = event;
      const step = machine.step?.step;
      return {
        ...now,
        state: 'failed',
        failure: { stage: 'fleet', step, code, message, hint, log: [] },
      };
    }
    case 'retry':
      // The token for reports stays: with it a machine that failed asks when to start again.
      if (machine.state !== 'failed' && !(machine.state === 'ready' && event.reinstall)) return now;
      return { ...now, state: 'seen', failure: undefined, step: undefined };
  }
}

/** Keeps what is under way, the names and the tokens for reports findable. */
function keepIndices(state: FleetState, before: MachineRecord, after: MachineRecord): FleetState {
  let next = state;
  if (isUnderWay(after)) {
    next = { ...next, underWay: PersistentMap.of(state.underWay).with(after.id, after) };
  } else if (isUnderWay(before)) {
    next = { ...next, underWay: PersistentMap.of(state.underWay).without(after.id) };
  }
  if (before.host !== after.host) {
    let hosts = PersistentMap.of(state.hosts);
    let machines = PersistentMap.of(state.machines);
    const other = after.host === undefined ? undefined : hosts.get(after.host);
    const old = other === undefined ? undefined : machines.get(other);
    // A host has one machine: that which had the name is one without a name again.
    if (old !== undefined) {
      const nameless = { ...old, host: undefined };
      machines = machines.with(old.id, nameless);
      if (isUnderWay(old)) {
        next = { ...next, underWay: PersistentMap.of(next.underWay).with(old.id, nameless) };
      }
    }
    if (before.host !== undefined) hosts = hosts.without(before.host);
    if (after.host !== undefined) hosts = hosts.with(after.host, after.id);
    next = { ...next, machines, hosts };
  }
  if (before.reportToken !== after.reportToken) {
    let reporters = PersistentMap.of(state.reporters);
    if (before.reportToken !== undefined) reporters = reporters.without(before.reportToken);
    if (after.reportToken !== undefined) reporters = reporters.with(after.reportToken, after.id);
    next = { ...next, reporters };
  }
  return next;
}
