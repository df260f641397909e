// A fleet and its hosts in a few lines.
import { describeHostFile } from '../../host/describe.ts';
import { resolveHostFile } from '../../host/read.ts';
import type { Fleet, FleetHost, FleetPool, Policy, Window } from './fleet.ts';
import { DAYS } from './schema.ts';

type Row = [title: string, text: string];

/** Lines of a title and a text: hosts, pools, rollout. */
export function describeFleet({ name, hosts, pools, policy }: Fleet): Row[] {
  const alone = hosts.filter(({ pool }) => pool === undefined).length;
  return [
    ['fleet', `${name}: ${count(hosts.length, 'host')}`],
    ...pools.map((pool): Row => ['pool', describePool(pool)]),
    ...(alone > 0 && pools.length > 0
      ? [['alone', `${count(alone, 'host')} in no pool`] satisfies Row]
      : []),
    ['rollout', describeRollout(policy)],
    ['at once', count(policy.atOnce, 'host')],
    [
      'stops',
      `after ${count(policy.stopAfter, 'failure')}; ${policy.silence} s without a word is one`,
    ],
    [
      'windows',
      policy.windows.length === 0 ? 'always' : policy.windows.map(describeWindow).join('; '),
    ],
    ['unknown', policy.unknown === 'record' ? 'wait for a name' : 'start their own disk'],
  ];
}

function describePool({ name, coordinator, hosts, joins }: FleetPool): string {
  const who =
    coordinator === 'first-seen'
      ? 'the first that appears is the coordinator'
      : `${coordinator.host} is the coordinator`;
  return `${name}: ${count(hosts.length, 'host')}, ${who}, at most ${count(joins, 'join')} at once`;
}

function describeRollout({ canary, waves, approval }: Policy): string {
  const [last, ...earlier] = [...waves].reverse();
  const sizes = [
    ...(canary === 0 ? [] : [`a canary of ${canary}`]),
    ...earlier.reverse().map((size) => `a wave of ${size}`),
    last === undefined ? 'all others' : `waves of ${last}`,
  ];
  const asked = {
    none: 'nobody has to approve',
    canary: 'approved after the canary',
    'every-wave': 'each wave approved',
  } as const;
  return `${sizes.join(', then ')}; ${asked[approval]}`;
}

function describeWindow({ days, from, to, timezone }: Window): string {
  const which =
    days.length === DAYS.length
      ? 'daily'
      : fromMonday(days)
          .map((day) => DAYS[day])
          .join(', ');
  return `${which} ${clock(from)} to ${clock(to)} ${timezone}`;
}

function fromMonday(days: readonly number[]): number[] {
  return [...days].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** What a host will become. */
export interface HostOutline {
  host: string;
  /** `MAC 52:54:00:12:34:56`, `serial CZ3401`, `asset tag A-17`, `machine 3 that appears`. */
  machine: string;
  rack: string | undefined;
  pool: string | undefined;
  /** Of a pool with a rule any host may become the coordinator. */
  role: 'coordinator' | 'member' | 'first-seen' | undefined;
  groups: readonly string[];
  /** 0 is the canary. */
  wave: number;
  /** Host name, system disk, storage, network, login. */
  becomes: readonly Row[];
}

/** What a host will become, as far as the file tells. Errors: those of resolveHostFile. */
export function outlineHost(fleet: Fleet, host: FleetHost, wave: number): HostOutline {
  const { name, rack, groups, pool } = host;
  return {
    ...{ host: name, machine: describeIdentity(host), rack, pool, groups, wave },
    role: roleOf(fleet, host),
    becomes: describeHostFile(resolveHostFile(host.document).hostFile),
  };
}

function roleOf({ pools }: Fleet, host: FleetHost): HostOutline['role'] {
  const pool = pools.find(({ name }) => name === host.pool);
  if (pool === undefined) return undefined;
  if (pool.coordinator === 'first-seen')
    return pool.hosts.length === 1 ? 'coordinator' : 'first-seen';
  return pool.coordinator.host === host.name ? 'coordinator' : 'member';
}

function describeIdentity({ identity }: FleetHost): string {
  if ('mac' in identity) return `MAC ${identity.mac}`;
  if ('serial' in identity) return `serial ${identity.serial}`;
  return 'assetTag' in identity
    ? `asset tag ${identity.assetTag}`
    : `machine ${identity.order} that appears`;
}

/** The outline as lines of a title and a text. */
export function describeOutline(outline: HostOutline): Row[] {
  const { machine, rack, pool, role, wave, becomes } = outline;
  const roles = {
    coordinator: 'coordinator of',
    member: 'member of',
    'first-seen': 'coordinator, if it appears first, or member of',
  } as const;
  const part = pool === undefined || role === undefined ? 'no pool' : `${roles[role]} ${pool}`;
  return [
    ['machine', rack === undefined ? machine : `${machine}, in ${rack}`],
    ['role', `${part}, in ${wave === 0 ? 'the canary' : `wave ${wave}`}`],
    ...becomes,
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
