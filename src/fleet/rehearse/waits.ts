// What hosts that are seen and not begun wait for: where they spend most of it, there is the bottleneck.
import type { FleetStatus, HostStatus } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';

export const REASONS = [
  'start', 'pause', 'window', 'approval', 'canary', 'wave', 'coordinator', 'at-once', 'joins', 'server',
] as const; // prettier-ignore

export type Reason = (typeof REASONS)[number];

/** Hosts by what they wait for. `server`: nothing keeps them, they are only not told yet. */
export function countWaits(fleet: Fleet, status: FleetStatus): Map<Reason, number> {
  const counts = new Map<Reason, number>();
  const pools = new Map(fleet.pools.map((pool) => [pool.name, pool]));
  const ready = new Set(
    status.hosts.flatMap(({ role, state, pool }) =>
      role === 'coordinator' && state === 'ready' && pool !== undefined ? [pool] : [],
    ),
  );
  const joining = new Map<string, number>();
  for (const host of status.hosts) {
    if (host.pool === undefined || host.role === 'coordinator' || !isJoining(host)) continue;
    joining.set(host.pool, (joining.get(host.pool) ?? 0) + 1);
  }
  const busy = status.hosts.filter(isUnderWay).length;
  const why = (host: HostStatus): Reason => {
    const { pool, role, wave } = host;
    if (status.rollout === 'not-started') return 'start';
    if (status.rollout === 'paused') return 'pause';
    if (status.rollout === 'outside-window') return 'window';
    if (status.approvable !== undefined && (wave ?? Infinity) >= status.approvable)
      return 'approval';
    if (status.wave === 0 && wave !== 0 && fleet.policy.canary > 0) return 'canary';
    if (pool !== undefined && role !== 'coordinator' && !ready.has(pool)) return 'coordinator';
    if (wave !== undefined && wave > status.wave) return 'wave';
    if (busy >= fleet.policy.atOnce) return 'at-once';
    const limit = pool === undefined ? undefined : pools.get(pool)?.joins;
    if (limit !== undefined && role !== 'coordinator' && (joining.get(pool ?? '') ?? 0) >= limit)
      return 'joins';
    return wave === undefined && status.waves > 1 ? 'wave' : 'server';
  };
  for (const host of status.hosts) {
    if (host.state !== 'seen') continue;
    const reason = why(host);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** Between armed and ready. */
export function isUnderWay({ state }: HostStatus): boolean {
  return isJoining({ state }) || state === 'joined';
}

function isJoining({ state }: Pick<HostStatus, 'state'>): boolean {
  return state === 'armed' || state === 'installing' || state === 'first-boot';
}
