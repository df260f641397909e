// What hosts that are seen and not begun, or failed, wait for: where they spend most of it, there is the bottleneck.
import type { Fleet } from '../file/fleet.ts';
import { findObstacle, measureLoad } from '../state/arm.ts';
import { machineOf } from '../state/plan.ts';
import type { FleetState } from '../state/record.ts';
import { planRollout } from '../state/rollout.ts';
import { isOpen } from '../state/window.ts';

/** `server`: nothing keeps them, they are only not told yet. */
export const REASONS = [
  'start', 'pause', 'window', 'approval', 'canary', 'wave', 'coordinator', 'at-once', 'joins', 'failure', 'server',
] as const; // prettier-ignore

export type Reason = (typeof REASONS)[number];

/** Hosts by what they wait for. `now`: milliseconds since 1970. */
export function countWaits(
  fleet: Fleet,
  state: FleetState,
  now: number,
): Partial<Record<Reason, number>> {
  const counts: Partial<Record<Reason, number>> = {};
  const rollout = planRollout(fleet, state);
  const places = new Map(rollout.places.map((place) => [place.host.name, place]));
  const load = measureLoad(fleet, state);
  const why = (host: string): Reason => {
    if (!state.fleet.started) return 'start';
    if (state.fleet.paused !== undefined) return 'pause';
    if (!isOpen(fleet.policy.windows, now)) return 'window';
    const place = places.get(host);
    // Its coordinator failed or was never seen.
    if (place === undefined) return 'coordinator';
    if (!place.open) {
      if (rollout.approvable !== undefined) return 'approval';
      return rollout.wave === 0 ? 'canary' : 'wave';
    }
    const obstacle = findObstacle(fleet, state, place, load);
    if (obstacle === undefined) return 'server';
    return obstacle.what === 'coordinator-facts' ? 'coordinator' : obstacle.what;
  };
  for (const { name } of fleet.hosts) {
    const where = machineOf(state, name)?.state;
    if (where !== 'seen' && where !== 'failed') continue;
    const reason = where === 'failed' ? 'failure' : why(name);
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}
