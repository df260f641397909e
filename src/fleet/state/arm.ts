// Who may fetch a host file next: as many as the limits allow, members only of a coordinator that is ready.
import type { Fleet } from '../file/fleet.ts';
import { hostOf, machineOf, roleOf } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';
import { planRollout, type Place } from './rollout.ts';
import type { NewEntry } from '../store/store.ts';

/** How many are under way: in all, and in each pool those that did not join yet. */
export interface Load {
  all: number;
  joining: Map<string, number>;
}

/** Counts the hosts of the file that are under way. */
export function measureLoad(fleet: Fleet, state: FleetState): Load {
  const load: Load = { all: 0, joining: new Map() };
  for (const machine of state.underWay.values()) {
    const host = hostOf(fleet, machine);
    if (host === undefined) continue;
    load.all += 1;
    if (machine.role === 'member' && machine.state !== 'joined') addJoining(load, host.pool);
  }
  return load;
}

/** What keeps a host from being armed once its wave is open. */
export type Obstacle =
  | { what: 'coordinator'; host: string | undefined; state: MachineRecord['state'] | 'unknown' }
  | { what: 'coordinator-facts'; host: string }
  | { what: 'at-once' | 'joins'; limit: number };

/** The first obstacle of a host; undefined: it may be armed. */
export function findObstacle(
  fleet: Fleet,
  state: FleetState,
  place: Place,
  load: Load,
): Obstacle | undefined {
  const part = roleOf(fleet, state, place.host);
  if (part?.role === 'member') {
    const { coordinator: name, pool } = part;
    const machine = name === undefined ? undefined : machineOf(state, name);
    if (name === undefined || machine?.state !== 'ready') {
      return { what: 'coordinator', host: name, state: machine?.state ?? 'unknown' };
    }
    if (machine.coordinator === undefined) return { what: 'coordinator-facts', host: name };
    if ((load.joining.get(pool.name) ?? 0) >= pool.joins) {
      return { what: 'joins', limit: pool.joins };
    }
  }
  const { atOnce } = fleet.policy;
  return load.all >= atOnce ? { what: 'at-once', limit: atOnce } : undefined;
}

/** Arms hosts of open waves in their order until the limits are reached. */
export function armHosts(fleet: Fleet, state: FleetState): NewEntry[] {
  const armed: NewEntry[] = [];
  const load = measureLoad(fleet, state);
  if (load.all >= fleet.policy.atOnce) return [];
  for (const place of planRollout(fleet, state).places) {
    if (load.all >= fleet.policy.atOnce) break;
    if (!place.open || findObstacle(fleet, state, place, load) !== undefined) continue;
    const { host, machine, wave } = place;
    const role = roleOf(fleet, state, host)?.role;
    load.all += 1;
    if (role === 'member') addJoining(load, host.pool);
    armed.push({
      subject: machine.id,
      event: { type: 'armed', attempt: machine.attempt + 1, wave, by: 'fleet', role },
    });
  }
  return armed;
}

function addJoining(load: Load, pool = ''): void {
  load.joining.set(pool, (load.joining.get(pool) ?? 0) + 1);
}
