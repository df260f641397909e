// Pools of a rehearsal: who was made a coordinator, and how long joining takes.
import { createHash } from 'node:crypto';
import { KronosError } from '../../common/error.ts';
import type { Clock } from './clock.ts';
import type { PhaseSeconds } from './settings.ts';

/** What a member needs to join. */
export interface JoinTarget {
  address: string;
  /** SHA-256 of the certificate of the coordinator's toolstack. */
  fingerprint: string;
  user: string;
  password: string;
}

/** Toolstacks of the hosts, as far as a rollout needs them. */
export interface Coordinator {
  /** The toolstack of a host is up as a pool of its own. */
  found: (host: string) => Promise<Pick<JoinTarget, 'address' | 'fingerprint'>>;
  /** Seconds that the host waited for others to join. Errors: where there is no such coordinator. */
  join: (host: string, target: JoinTarget, seconds: PhaseSeconds) => Promise<{ waited: number }>;
}

/**
 * Coordinators that take one join after the other, for as long as xapi was measured to. `isThere` says so of those that
 * this model did not make.
 */
export function modelCoordinator(
  clock: Clock,
  isThere: (target: JoinTarget) => boolean = () => false,
): Coordinator {
  const pools = new Map<string, string>();
  const turns = new Map<string, Promise<void>>();
  return {
    found: (host) => {
      const address = `${host}.rehearsal`;
      const fingerprint = createHash('sha256').update(address).digest('hex');
      pools.set(address, fingerprint);
      return Promise.resolve({ address, fingerprint });
    },
    join: async (_host, target, seconds) => {
      const { address, fingerprint } = target;
      if (pools.get(address) !== fingerprint && !isThere(target)) {
        throw new KronosError('io/not-ready', `${address} is no coordinator`, {
          hint: 'members come after their coordinator',
        });
      }
      const began = clock.now();
      const before = turns.get(address) ?? Promise.resolve();
      let leave = (): void => undefined;
      turns.set(address, new Promise((resolve) => (leave = resolve)));
      await before;
      const waited = (clock.now() - began) / 1000;
      try {
        await clock.sleep(seconds.join);
      } finally {
        leave();
      }
      await clock.sleep(seconds.joined);
      return { waited };
    },
  };
}
