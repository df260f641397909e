// In which wave each host comes, as far as the file tells: as if all machines appeared at once.
import type { Fleet } from '../file/fleet.ts';
import { EMPTY_STATE } from './fold.ts';
import { orderHosts } from './plan.ts';
import { firstWave, waveSize } from './rollout.ts';

/**
 * Waves by host, in the order in which hosts are begun: that of the file, named coordinators before their members. 0 is the
 * canary; where there is none, the first wave is 1.
 */
export function foreseeWaves(fleet: Fleet): Map<string, number> {
  const { policy } = fleet;
  let wave = firstWave(policy);
  let left = waveSize(policy, wave);
  const waves = new Map<string, number>();
  for (const { name } of orderHosts(fleet, EMPTY_STATE)) {
    if (left === 0) {
      wave += 1;
      left = waveSize(policy, wave);
    }
    left -= 1;
    waves.set(name, wave);
  }
  return waves;
}
