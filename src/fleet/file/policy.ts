// The rollout of a fleet file as the policy that decides.
import { isTimeZone, nearestTimeZone } from '../../common/time-zone.ts';
import type { Policy, Window } from './fleet.ts';
import type { FleetFindings } from './findings.ts';
import { DAYS, type FleetFile } from './schema.ts';

type Rollout = FleetFile['rollout'];

/** The policy; what cannot work goes to `findings`. */
export function resolvePolicy(file: FleetFile, findings: FleetFindings): Policy {
  const { rollout } = file;
  const hosts = Object.keys(file.hosts).length;
  if (rollout.canary > hosts && hosts > 0) {
    findings.error(
      'input/canary-too-large',
      `the canary has ${rollout.canary} hosts, but the fleet has ${hosts}`,
      {
        path: ['rollout', 'canary'],
        hint: 'a few hosts are enough; 0 means none',
      },
    );
  }
  checkWaves(rollout, hosts, findings);
  const { canary, approval, waves, atOnce, stopAfter, silence, unknown } = rollout;
  return {
    ...{ canary, approval, waves, atOnce, stopAfter, silence, unknown },
    windows: rollout.windows.map((window, index) => resolveWindow(window, index, findings)),
  };
}

/** A number that is never reached says that somebody counted otherwise. */
function checkWaves({ canary, waves }: Rollout, hosts: number, findings: FleetFindings): void {
  let left = hosts - canary;
  waves.forEach((size, index) => {
    if (left <= 0 && index > 0) {
      findings.warn('input/unused-wave', 'no hosts are left for this wave', {
        path: ['rollout', 'waves', index],
        hint: `the canary and the waves before it have all ${hosts} hosts`,
      });
    }
    left -= size;
  });
}

function resolveWindow(
  { days, from, to, timezone }: Rollout['windows'][number],
  index: number,
  findings: FleetFindings,
): Window {
  const path = ['rollout', 'windows', index];
  if (!isTimeZone(timezone)) {
    const guess = nearestTimeZone(timezone);
    findings.error('input/unknown-timezone', `there is no time zone ${timezone}`, {
      path: [...path, 'timezone'],
      hint: guess === undefined ? 'names are like Europe/Berlin' : `did you mean ${guess}?`,
    });
  }
  const window: Window = {
    days: [...new Set(days.map((day) => DAYS.indexOf(day)))].sort(),
    from: minutesOf(from),
    to: minutesOf(to),
    timezone,
  };
  if (window.from % DAY === window.to) {
    findings.error('input/window-never-opens', `a window from ${from} to ${to} never opens`, {
      path,
      hint: 'for the whole day write "from: 00:00" and "to: 24:00"',
    });
  }
  return window;
}

/** Minutes. */
const DAY = 24 * 60;

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
