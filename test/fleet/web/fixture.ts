// A fleet of any size with hosts in all states, at a desk that keeps it in memory: what is seen of it is what the real desk
// gives; how a rollout goes on is tested with the real one.
import { KronosError } from '../../../src/common/error.ts';
import type { Desk, FleetStatus, HostStatus, OperatorAction } from '../../../src/fleet/desk.ts';
import { STATES, type HostState } from '../../../src/fleet/state/record.ts';

const LOG = [
  'write-image: start',
  'write-image: 1.2 GB of 2.1 GB',
  'blk_update_request: I/O error, dev sda, sector 2459648 op 0x1:(WRITE) flags 0x4800',
  'Buffer I/O error on dev sda3, logical block 307200, lost async page write',
  'write-image: failed: writing /dev/sda3 failed: EIO',
];

/** What share of the hosts is in which state, of 20. */
const PATTERN: readonly HostState[] = [
  ...(['ready', 'ready', 'ready', 'ready', 'ready', 'ready', 'joined', 'first-boot'] as const),
  ...(['installing', 'installing', 'installing', 'armed', 'armed', 'seen', 'seen'] as const),
  ...(['unknown', 'unknown', 'ready', 'failed', 'unknown'] as const),
];

function makeHost(index: number): HostStatus {
  const state = PATTERN[(index * 7) % PATTERN.length] ?? 'unknown';
  const number = String(index + 1).padStart(3, '0');
  const pool = `pool${String(Math.floor(index / 16) + 1).padStart(2, '0')}`;
  const known = state !== 'unknown';
  return {
    host: `xen${number}`,
    machine: known ? macOf(index) : undefined,
    rack: `r${Math.floor(index / 40) + 1}/${(index % 40) + 1}`,
    pool,
    role: index % 16 === 0 ? 'coordinator' : 'member',
    groups: index % 3 === 0 ? ['compute', 'nvme'] : ['compute'],
    state,
    waitsFor: waitOf(state, index),
    wave: Math.floor(index / 50),
    attempt: ['unknown', 'seen'].includes(state) ? 0 : state === 'failed' ? 2 : 1,
    ...progressOf(state, index),
    failure:
      state !== 'failed'
        ? undefined
        : index % 2 === 0
          ? {
              ...{ stage: 'install', step: 'write-image', code: 'io/write-failed' },
              message: 'writing /dev/sda3 failed: EIO',
              hint: 'the disk is failing; exchange it and retry the host',
              log: LOG,
            }
          : {
              ...{ stage: 'fleet', code: 'fleet/silent', log: [] },
              message: 'no word for 30 min while it was installing',
              hint: 'look at its screen',
            },
    address: known ? `10.0.${Math.floor(index / 200)}.${(index % 200) + 10}` : undefined,
    serial: known ? `CZ${8_000_000 + index}` : undefined,
    product: known ? 'ProLiant DL360 Gen10' : undefined,
    twins: index === 45 ? 1 : 0,
    updated: known ? '2026-11-28T06:00:00.000Z' : undefined,
    seconds: state === 'ready' ? 600 + index : known ? 100 + index * 3 : undefined,
  };
}

function macOf(index: number): string {
  const digits = (0x02_00_00_00_00_00 + index).toString(16).padStart(12, '0');
  return digits.replace(/..(?!$)/g, '$&:');
}

function waitOf(state: HostState, index: number): string | undefined {
  if (state === 'seen') return index % 2 === 0 ? 'its turn in wave 3' : 'the coordinator xen145';
  return state === 'armed' ? 'its boot' : undefined;
}

function progressOf(state: HostState, index: number): Partial<HostStatus> {
  if (state === 'installing') {
    return {
      ...{ step: 'write-image', message: 'writing the image to sda' },
      ...{ percent: (index * 13) % 100, rate: 90e6 + index * 350_000 },
    };
  }
  if (state === 'first-boot')
    return { step: 'storage', message: 'making the storage', percent: 62 };
  return state === 'joined'
    ? { step: 'settings', message: 'settings of the pool', percent: 91 }
    : {};
}

/** Machines that nobody named. */
function makeStranger(index: number): HostStatus {
  return {
    machine: macOf(60_000 + index),
    ...{ groups: [], state: 'seen', attempt: 0, twins: 0, waitsFor: 'a name' },
    ...{ address: `10.0.9.${index + 10}`, serial: `SN${index}`, product: 'PowerEdge R650' },
  };
}

function countStates(hosts: readonly HostStatus[]): FleetStatus['counts'] {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<HostState, number>;
  for (const { state } of hosts) counts[state] += 1;
  return counts;
}

export interface MemoryDesk extends Desk {
  /** What was done, in order. */
  actions: OperatorAction[];
  /** Changes a host or the fleet and tells all who watch. */
  change: (name: string, change: Partial<HostStatus>) => void;
  changeFleet: (change: Partial<FleetStatus>) => void;
  /** Those who watch. */
  watchers: () => number;
  /** How often the status was worked out. */
  looks: () => number;
}

/** A desk with so many hosts, and some machines without a name. */
export function makeDesk(count: number, strangers = 2): MemoryDesk {
  const hosts = [
    ...Array.from({ length: count }, (_, index) => makeHost(index)),
    ...Array.from({ length: strangers }, (_, index) => makeStranger(index)),
  ];
  let fleet: Omit<FleetStatus, 'hosts' | 'counts' | 'time'> = {
    ...{ name: 'berlin-3', rollout: 'waiting-for-approval', wave: 2, waves: 4, approvable: 3 },
    reason: 'wave 3 waits for approval',
  };
  const watchers = new Set<() => void>();
  const actions: OperatorAction[] = [];
  let looks = 0;
  const tell = (): void => {
    for (const watcher of watchers) watcher();
  };
  const indexOf = (name: string): number => {
    const index = hosts.findIndex(({ host, machine }) => host === name || machine === name);
    if (index >= 0) return index;
    throw new KronosError('input/no-such-host', `there is no host ${name}`);
  };
  const change = (name: string, what: Partial<HostStatus>): void => {
    const index = indexOf(name);
    hosts[index] = { ...(hosts[index] as HostStatus), ...what };
    tell();
  };
  return {
    ...{ actions, change },
    changeFleet: (what) => {
      fleet = { ...fleet, ...what };
      tell();
    },
    watchers: () => watchers.size,
    looks: () => looks,
    status: () => {
      looks += 1;
      return {
        ...fleet,
        time: new Date().toISOString(),
        counts: countStates(hosts),
        hosts: [...hosts],
      };
    },
    details: (name) => {
      const status = hosts.find(({ host, machine }) => host === name || machine === name);
      if (status === undefined) return Promise.resolve(undefined);
      return Promise.resolve({
        status,
        history: [
          { time: '2026-11-28T05:40:00.000Z', text: 'seen' },
          { time: '2026-11-28T05:50:00.000Z', text: 'armed, attempt 1, wave 0' },
          ...(status.failure === undefined
            ? []
            : [{ time: '2026-11-28T06:00:00.000Z', text: `failed: ${status.failure.message}` }]),
        ],
        inventory: { version: 1, disks: [{ path: '/dev/sda', size: 480_000_000_000 }] },
      });
    },
    act: (action) => {
      actions.push(action);
      if (action.do === 'retry') {
        for (const name of action.hosts) {
          change(name, { state: 'seen', failure: undefined, waitsFor: 'its turn' });
        }
        return Promise.resolve({ message: `${action.hosts.length} will be installed again` });
      }
      if (action.do === 'name') {
        hosts.splice(indexOf(action.machine), 1);
        change(action.host, { state: 'seen', machine: action.machine });
        return Promise.resolve({ message: `${action.machine} is ${action.host}` });
      }
      if (action.do === 'pause') {
        fleet = { ...fleet, rollout: 'paused', reason: action.reason };
        tell();
        return Promise.resolve({ message: 'paused' });
      }
      if (action.do === 'resume') {
        fleet = { ...fleet, rollout: 'running', reason: undefined };
        tell();
        return Promise.resolve({ message: 'goes on' });
      }
      return Promise.resolve({ message: 'done' });
    },
    watch: (onChange) => {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
  };
}
