// What each host waits for, in words.
import type { Fleet, FleetHost } from '../file/fleet.ts';
import { findObstacle, measureLoad, type Load, type Obstacle } from '../state/arm.ts';
import { machineOf, roleOf } from '../state/plan.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import { planRollout, type Place, type Rollout } from '../state/rollout.ts';
import { describeOpening, isOpen } from '../state/window.ts';

/** A rollout at one time, for many questions about it. */
export interface Survey {
  fleet: Fleet;
  state: FleetState;
  rollout: Rollout;
  places: ReadonlyMap<string, Place>;
  load: Load;
  /** When the next window opens, where none is open. */
  opening: string | undefined;
}

/** `now`: milliseconds since 1970. */
export function survey(fleet: Fleet, state: FleetState, now: number): Survey {
  const { windows } = fleet.policy;
  const rollout = planRollout(fleet, state);
  return {
    ...{ fleet, state, rollout },
    places: new Map(rollout.places.map((place) => [place.host.name, place])),
    load: measureLoad(fleet, state),
    opening: isOpen(windows, now) ? undefined : describeOpening(windows, now),
  };
}

/** What a host of the file waits for; undefined: nothing. */
export function describeWait(view: Survey, host: FleetHost): string | undefined {
  const machine = machineOf(view.state, host.name);
  switch (machine?.state) {
    case undefined:
      return 'its machine, which was not seen yet';
    case 'seen':
      return describeTurn(view, host);
    case 'armed':
      return 'its machine, to fetch its host file';
    case 'failed':
      return 'a retry';
    default:
      return undefined;
  }
}

/** What a machine waits for that no host is meant for. */
export function describeNameless(machine: MachineRecord): string | undefined {
  return machine.state === 'seen' ? 'a name' : undefined;
}

function describeTurn(view: Survey, host: FleetHost): string {
  const { fleet, state, rollout, places, load, opening } = view;
  if (!state.fleet.started) return 'the start of the rollout';
  const place = places.get(host.name);
  // It has no place where there is no coordinator to wait for.
  if (place === undefined) return describeCoordinator(view, host);
  if (!place.open) {
    const next = rollout.approvable;
    if (next !== undefined && place.wave === next) return `approval of wave ${next}`;
    return `its turn in wave ${place.wave}`;
  }
  const obstacle = findObstacle(fleet, state, place, load);
  const limited = obstacle?.what === 'at-once' || obstacle?.what === 'joins';
  if (obstacle !== undefined && !limited) return describeObstacle(obstacle);
  if (state.fleet.paused !== undefined) return 'the rollout to go on';
  if (opening !== undefined) return `the window on ${opening}`;
  return obstacle === undefined ? 'its turn' : describeObstacle(obstacle);
}

function describeCoordinator({ fleet, state }: Survey, host: FleetHost): string {
  const name = roleOf(fleet, state, host)?.coordinator;
  if (name === undefined) return 'a coordinator';
  const machine = machineOf(state, name);
  return describeObstacle(
    machine?.state === 'ready'
      ? { what: 'coordinator-facts', host: name }
      : { what: 'coordinator', host: name, state: machine?.state ?? 'unknown' },
  );
}

function describeObstacle(obstacle: Obstacle): string {
  switch (obstacle.what) {
    case 'coordinator': {
      const { host = '', state } = obstacle;
      if (state === 'failed') return `the coordinator ${host}, which failed`;
      if (state === 'unknown') return `the coordinator ${host}, which was not seen yet`;
      return `the coordinator ${host}`;
    }
    case 'coordinator-facts':
      return `the coordinator ${obstacle.host}, which did not say how to join`;
    case 'at-once':
      return `a free place: ${obstacle.limit} are installed at once`;
    case 'joins':
      return `a free place: ${obstacle.limit} join its pool at once`;
  }
}
