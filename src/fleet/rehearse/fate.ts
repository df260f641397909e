// What befalls one installation: drawn before it begins, so that the same seed has the same failures.
import { createRandom, pick } from './random.ts';
import type { PhaseSeconds, RehearsalSettings } from './settings.ts';

/** `at`: which part (0 to 1) of the phase is over when it happens. */
export type Fate =
  | { kind: 'well' }
  /** Writing to the disk fails, and is reported. */
  | { kind: 'disk-error'; at: number }
  /** First boot fails, and reports it. */
  | { kind: 'first-boot-error'; at: number }
  /** The power goes and comes back. */
  | { kind: 'power-cut'; phase: Phase; at: number }
  /** The machine says no more, until somebody starts it again. */
  | { kind: 'silent'; phase: Phase; at: number }
  /** The last report of a phase never arrives, or arrives and is not acknowledged. */
  | { kind: 'lost-report'; phase: Phase; arrives: boolean };

export type Phase = 'install' | 'firstboot';

export type FateKind = Fate['kind'];

/** What happens how often, of a hundred mishaps. */
const SHARES: readonly [Exclude<FateKind, 'well'>, number][] = [
  ['disk-error', 25],
  ['power-cut', 25],
  ['lost-report', 25],
  ['silent', 15],
  ['first-boot-error', 10],
];

/** Draws the fate of the so-manieth installation of a machine. */
export function drawFate(settings: RehearsalSettings, machine: string, attempt: number): Fate {
  const random = createRandom(settings.seed, 'fate', machine, attempt);
  if (random() >= settings.failures) return { kind: 'well' };
  let left = random() * 100;
  const [kind] = SHARES.find(([, share]) => (left -= share) < 0) ?? ['disk-error' as const];
  const phase = pick<Phase>(random, ['install', 'firstboot']);
  const at = random();
  switch (kind) {
    case 'disk-error':
    case 'first-boot-error':
      return { kind, at };
    case 'power-cut':
    case 'silent':
      return { kind, phase, at };
    case 'lost-report':
      return { kind, phase, arrives: random() < 0.5 };
  }
}

/** How long the parts of one start take: within a fifth of what the settings say. */
export function drawSeconds(
  settings: RehearsalSettings,
  machine: string,
  start: number,
): PhaseSeconds {
  const random = createRandom(settings.seed, 'seconds', machine, start);
  const { firmware, live, install, firstBoot, join, joined } = settings.seconds;
  const about = (seconds: number): number => seconds * (0.8 + 0.4 * random());
  return {
    ...{ firmware: about(firmware), live: about(live), install: about(install) },
    ...{ firstBoot: about(firstBoot), join, joined: about(joined) },
  };
}
