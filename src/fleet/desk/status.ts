// A fleet as a person sees it.
import type { FleetStatus, HostStatus } from '../desk.ts';
import type { Fleet, FleetHost } from '../file/fleet.ts';
import { isUnderWay } from '../state/fold.ts';
import type { MachineId } from '../state/event.ts';
import { hostOf, machineOf, roleOf } from '../state/plan.ts';
import { STATES, type FleetState, type HostState, type MachineRecord } from '../state/record.ts';
import type { Passing } from '../store/store.ts';
import { describeNameless, describeWait, survey, type Survey } from './waits.ts';

/** All of it. Hosts in the order of the file, then machines without a name in the order of their appearance. */
export function describeFleet(
  fleet: Fleet,
  state: FleetState,
  passing: ReadonlyMap<MachineId, Passing>,
  now: number,
): FleetStatus {
  const view = survey(fleet, state, now);
  const hosts = fleet.hosts.map((host) => describeHost(view, host, passing, now));
  const nameless = [...state.machines.values()]
    .filter((machine) => hostOf(fleet, machine) === undefined)
    .sort((a, b) => a.appeared - b.appeared)
    .map((machine) => describeMachine(machine, passing, now));
  const all = [...hosts, ...nameless];
  const { wave, lastWave, approvable } = view.rollout;
  return {
    name: fleet.name,
    time: new Date(now).toISOString(),
    ...describeRollout(view, hosts),
    ...{ wave, waves: lastWave, approvable },
    counts: countStates(all),
    hosts: all,
  };
}

/** One host of the file. */
export function describeHost(
  view: Survey,
  host: FleetHost,
  passing: ReadonlyMap<MachineId, Passing>,
  now: number,
): HostStatus {
  const machine = machineOf(view.state, host.name);
  return {
    host: host.name,
    ...{ rack: host.rack, pool: host.pool, groups: host.groups },
    role: roleOf(view.fleet, view.state, host)?.role,
    ...(machine === undefined
      ? { state: 'unknown', attempt: 0, twins: 0 }
      : describeProgress(machine, passing, now)),
    wave: machine?.wave ?? view.places.get(host.name)?.wave,
    waitsFor: describeWait(view, host),
  };
}

/** A machine that no host of the file is meant for. */
export function describeMachine(
  machine: MachineRecord,
  passing: ReadonlyMap<MachineId, Passing>,
  now: number,
): HostStatus {
  return {
    ...describeProgress(machine, passing, now),
    ...{ groups: [], waitsFor: describeNameless(machine) },
  };
}

type Progress = Omit<HostStatus, 'host' | 'rack' | 'pool' | 'role' | 'groups' | 'waitsFor'>;

function describeProgress(
  machine: MachineRecord,
  passing: ReadonlyMap<MachineId, Passing>,
  now: number,
): Progress {
  const { id, state, attempt, failure, address, facts, twins, updated, step } = machine;
  const passed = isUnderWay(machine) ? passing.get(id) : undefined;
  // What passes is newer than the step that it belongs to, unless the next one began.
  const fresh = passed !== undefined && passed.time >= updated ? passed : undefined;
  return {
    machine: id,
    ...{ state, attempt, failure, address, twins, updated, wave: machine.wave },
    step: failure?.step ?? step?.step,
    message: failure?.message ?? fresh?.message ?? step?.message,
    percent: fresh?.percent ?? step?.percent,
    rate: fresh?.rate,
    ...{ serial: facts['serial'], product: facts['product'] },
    seconds: countSeconds(machine, now),
  };
}

/** From arming to the end, or until now. */
function countSeconds(machine: MachineRecord, now: number): number | undefined {
  const { armedAt, readyAt, updated, state } = machine;
  if (armedAt === undefined || state === 'seen') return undefined;
  const end = isUnderWay(machine) ? now : Date.parse(readyAt ?? updated);
  return Math.max(0, Math.round((end - Date.parse(armedAt)) / 1000));
}

function describeRollout(
  view: Survey,
  hosts: readonly HostStatus[],
): Pick<FleetStatus, 'rollout' | 'reason'> {
  const { state, rollout, load, opening } = view;
  const { started, paused } = state.fleet;
  if (!started) return { rollout: 'not-started', reason: 'nobody started it yet' };
  const failed = hosts.filter((host) => host.state === 'failed').length;
  const rest = rollout.places.length + rollout.absent;
  if (load.all === 0 && rest === 0) {
    const reason = failed === 0 ? undefined : `${count(failed, 'host')} failed`;
    return { rollout: 'done', reason };
  }
  if (paused !== undefined) {
    const who = paused.by === 'fleet' ? '' : 'by a person: ';
    return { rollout: 'paused', reason: `${who}${paused.reason}` };
  }
  if (rollout.approvable !== undefined) {
    const reason = `wave ${rollout.approvable} needs approval`;
    return { rollout: 'waiting-for-approval', reason };
  }
  if (opening !== undefined && rollout.places.length > 0) {
    return { rollout: 'outside-window', reason: `the next window opens ${opening}` };
  }
  return { rollout: 'running', reason: describeStanding(view, hosts) };
}

/** Why nothing moves in a rollout that is neither stopped nor done. */
function describeStanding(view: Survey, hosts: readonly HostStatus[]): string | undefined {
  if (view.load.all > 0) return undefined;
  const { wave, places } = view.rollout;
  const canaries = hosts.filter((host) => host.wave === 0 && host.state === 'failed');
  if (wave === 0 && canaries.length > 0) {
    const names = canaries.map(({ host }) => host).join(', ');
    return `the canary must be ready before others follow: ${names} failed`;
  }
  const unknown = hosts.filter((host) => host.state === 'unknown').length;
  const blocked = hosts.filter((host) => host.state === 'seen').length;
  if (unknown > 0) return `${count(unknown, 'machine')} not seen yet`;
  if (blocked > 0 && places.every((place) => !place.open)) {
    return `${count(blocked, 'host')} wait for others`;
  }
  return undefined;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function countStates(hosts: readonly HostStatus[]): Record<HostState, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<HostState, number>;
  for (const { state } of hosts) counts[state] += 1;
  return counts;
}
