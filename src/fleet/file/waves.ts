// In which wave each host comes, as far as the file tells: as if all machines appeared at once.
import type { Fleet, Policy } from './fleet.ts';

/**
 * Waves by host, in the order in which hosts are begun: that of the file, named coordinators before their members. 0 is the
 * canary; where there is none, the first wave is 1.
 */
export function foreseeWaves({ hosts, pools, policy }: Fleet): Map<string, number> {
  const coordinators = new Map(
    pools.map(({ name, coordinator }) => [
      name,
      coordinator === 'first-seen' ? undefined : coordinator.host,
    ]),
  );
  const ordered = new Set<string>();
  for (const { name, pool } of hosts) {
    const coordinator = pool === undefined ? undefined : coordinators.get(pool);
    if (coordinator !== undefined) ordered.add(coordinator);
    ordered.add(name);
  }
  let wave = policy.canary > 0 ? 0 : 1;
  let left = sizeOf(policy, wave);
  const waves = new Map<string, number>();
  for (const name of ordered) {
    if (left === 0) {
      wave += 1;
      left = sizeOf(policy, wave);
    }
    left -= 1;
    waves.set(name, wave);
  }
  return waves;
}

/** Hosts. */
function sizeOf({ canary, waves }: Policy, wave: number): number {
  if (wave === 0) return canary;
  return waves[wave - 1] ?? waves.at(-1) ?? Infinity;
}
