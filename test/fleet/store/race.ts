// The fleet over which servers race: a thousand machines in pools of ten.
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { makeFleet, makePool } from '../fleets.ts';

export const MACHINES = 1000;

export function raceFleet(): Fleet {
  const pools = Array.from({ length: MACHINES / 10 }, (_, pool) =>
    makePool(
      `pool${pool}`,
      Array.from({ length: 10 }, (_, index) => `xen${pool * 10 + index}`),
    ),
  );
  return makeFleet(MACHINES, { pools, policy: { canary: 1, atOnce: 40, silence: 3600 } });
}
