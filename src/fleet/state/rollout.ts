// Who goes in which wave, and which wave is under way. Waves are filled by the machines that are there, in the order of the
// file, so that one that was never switched on keeps nobody waiting.
import type { Fleet, FleetHost, Policy } from '../file/fleet.ts';
import { machineOf, orderHosts, roleOf } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';

/** Where a host that waits stands. */
export interface Place {
  host: FleetHost;
  machine: MachineRecord;
  wave: number;
  /** Whether that wave may be armed now. */
  open: boolean;
}

export interface Rollout {
  /** The wave that is under way; 0 is the canary. */
  wave: number;
  /** Number of the last wave that the hosts of the file make. */
  lastWave: number;
  /** The next wave, where all before it is done and somebody must approve. */
  approvable: number | undefined;
  /** Hosts that wait, in their order: first those that are tried again. */
  places: readonly Place[];
  /** Hosts of the file that cannot go: never seen, or without a coordinator to join. */
  absent: number;
}

/** Where a rollout stands, whatever the time is and whether it is paused. */
export function planRollout(fleet: Fleet, state: FleetState): Rollout {
  const { policy } = fleet;
  const waves = new Map<number, { taken: number; ready: number; settled: number }>();
  const again: Place[] = [];
  const fresh: Place[] = [];
  let absent = 0;
  let wave = firstWave(policy);
  for (const host of orderHosts(fleet, state)) {
    const machine = machineOf(state, host.name);
    const reachable = machine !== undefined && hasCoordinator(fleet, state, host);
    if (machine?.wave !== undefined) {
      const count = waves.get(machine.wave) ?? { taken: 0, ready: 0, settled: 0 };
      const waiting = machine.state === 'seen';
      const over = machine.state === 'ready' || machine.state === 'failed';
      count.taken += 1;
      if (machine.state === 'ready') count.ready += 1;
      if (over || (waiting && !reachable)) count.settled += 1;
      waves.set(machine.wave, count);
      wave = Math.max(wave, machine.wave);
      if (waiting) again.push({ host, machine, wave: machine.wave, open: true });
    } else if (machine?.state === 'seen' && reachable) {
      fresh.push({ host, machine, wave: 0, open: false });
    } else if (machine === undefined || machine.state === 'seen') {
      absent += 1;
    }
  }
  const taken = waves.get(wave) ?? { taken: 0, ready: 0, settled: 0 };
  const room = waveSize(policy, wave) - taken.taken;
  // All of the canary must be well; of another wave it is enough that it is over.
  const over = room <= 0 && (wave === 0 ? taken.ready : taken.settled) === taken.taken;
  const rest = fresh.length + absent > 0;
  const approved = isApproved(fleet, state, wave + 1);
  const opened = over && approved && fresh.length > 0;
  if (opened) wave += 1;
  fill(policy, fresh, wave, opened ? waveSize(policy, wave) : room);
  return {
    wave,
    lastWave: countWaves(fleet),
    approvable: over && !approved && rest ? wave + 1 : undefined,
    places: again.concat(fresh),
    absent,
  };
}

/** Gives hosts that were never armed their places: first what is left of a wave, then those after it. */
function fill(policy: Policy, fresh: Place[], current: number, room: number): void {
  let wave = current;
  let left = room;
  for (const place of fresh) {
    while (left <= 0) {
      wave += 1;
      left = Math.max(1, waveSize(policy, wave));
    }
    left -= 1;
    place.wave = wave;
    place.open = wave === current;
  }
}

/** Whether a host has no coordinator to wait for in vain: it is there, did not fail, and said how to join. */
function hasCoordinator(fleet: Fleet, state: FleetState, host: FleetHost): boolean {
  const part = roleOf(fleet, state, host);
  if (part === undefined || part.role === 'coordinator') return true;
  const machine = part.coordinator === undefined ? undefined : machineOf(state, part.coordinator);
  if (machine === undefined || machine.state === 'failed') return false;
  return machine.state !== 'ready' || machine.coordinator !== undefined;
}

/** Without a canary the first wave is 1. */
export function firstWave(policy: Policy): number {
  return policy.canary > 0 ? 0 : 1;
}

/** Hosts of a wave. */
export function waveSize(policy: Policy, wave: number): number {
  if (wave === 0) return policy.canary;
  return policy.waves[Math.min(wave, policy.waves.length) - 1] ?? Infinity;
}

function isApproved({ policy }: Fleet, state: FleetState, wave: number): boolean {
  const asked =
    policy.approval === 'every-wave'
      ? wave > firstWave(policy)
      : policy.approval === 'canary' && policy.canary > 0 && wave === 1;
  return !asked || state.fleet.approvedWave >= wave;
}

/** Number of the last wave. */
function countWaves({ policy, hosts }: Fleet): number {
  let wave = firstWave(policy);
  let room = waveSize(policy, wave);
  while (room < hosts.length) {
    wave += 1;
    room += Math.max(1, waveSize(policy, wave));
  }
  return wave;
}
