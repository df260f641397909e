// States and rollouts in words, the same on the page and on the command line.
import { formatBytes } from '../../common/format.ts';
import type { FleetStatus, HostStatus } from '../desk.ts';
import type { HostState } from '../state/record.ts';

export const STATE_WORDS: Readonly<Record<HostState, string>> = {
  unknown: 'not seen',
  seen: 'seen',
  armed: 'armed',
  installing: 'installing',
  'first-boot': 'first boot',
  joined: 'joined',
  ready: 'ready',
  failed: 'failed',
};

const ROLLOUT_WORDS: Readonly<Record<FleetStatus['rollout'], string>> = {
  'not-started': 'not started',
  running: 'running',
  paused: 'paused',
  'waiting-for-approval': 'waiting for approval',
  'outside-window': 'outside of its time window',
  done: 'done',
};

/** `running, wave 2 of 5`. */
export function describeRollout(status: FleetStatus): string {
  const word = ROLLOUT_WORDS[status.rollout];
  if (status.rollout === 'not-started' || status.rollout === 'done') return word;
  const { wave, waves } = status;
  if (wave === 0) return `${word}, canary`;
  return waves <= 1 ? word : `${word}, wave ${wave} of ${waves}`;
}

/** What the list calls it, and what addresses it: the host, or the machine where it has no name. */
export function keyOf(host: HostStatus): string {
  return host.host ?? host.machine ?? '';
}

/** The rack of a place like `r7/12`. */
export function rackOf(host: HostStatus): string {
  return host.rack?.split('/')[0] ?? '';
}

/** `pool01, coordinator`; empty where it is in none. */
export function describePool({ pool, role }: HostStatus): string {
  if (pool === undefined) return '';
  return role === 'coordinator' ? `${pool}, coordinator` : pool;
}

/** What it does or what it waits for, in one line. */
export function describeDoing(host: HostStatus): string {
  if (host.failure !== undefined && host.state === 'failed') return host.failure.message;
  if (host.waitsFor !== undefined) return `waits for ${host.waitsFor}`;
  return host.message ?? host.step ?? '';
}

/** `112.4 MB/s`; empty where nothing is copied. */
export function describeRate({ rate }: HostStatus): string {
  return rate === undefined || rate <= 0 ? '' : `${formatBytes(Math.round(rate))}/s`;
}

/** Seconds as whole minutes: what is shown changes once a minute. */
export function describeMinutes(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return 'under 1 min';
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Whether how far it is says something: it works, and it told. */
export function isUnderWay({ state, percent }: HostStatus): boolean {
  return percent !== undefined && ['installing', 'first-boot', 'joined'].includes(state);
}

/** `2026-11-28 06:00:00 UTC`. */
export function describeTime(time: string): string {
  const [, day, clock] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(time) ?? [];
  return day === undefined || clock === undefined ? time : `${day} ${clock} UTC`;
}
