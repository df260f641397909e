// Hosts are installed again because a person says so.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Fleet } from '../file/fleet.ts';
import { isUnderWay } from '../state/fold.ts';
import { hostOf, indexFleet, machineId, machineOf, roleOf } from '../state/plan.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import type { Action, Effect } from './effect.ts';
import { refuse, unknownName } from './refuse.ts';

/** Errors: `input/no-such-host`, `input/fleet-action`, `input/pool-under-way`; of several hosts all of them. */
export function planRetry(fleet: Fleet, state: FleetState, action: Action<'retry'>): Effect {
  const reinstall = action.reinstall ?? false;
  const machines = new Map<string, MachineRecord>();
  const errors: KronosError[] = [];
  for (const name of action.hosts) {
    const found = findMachine(fleet, state, name);
    const problem =
      found instanceof KronosError
        ? found
        : (whyNoRetry(found, name, reinstall) ?? whyNoNewPool(fleet, state, found));
    if (problem !== undefined) errors.push(problem);
    else if (!(found instanceof KronosError)) machines.set(found.id, found);
  }
  const [first] = errors;
  if (first !== undefined) throw errors.length === 1 ? first : new KronosErrors(errors);
  if (machines.size === 0) throw refuse('no host is named', 'say which hosts to try again');
  const names = [...machines.values()].map((machine) => machine.host ?? machine.id);
  return {
    append: [...machines.keys()].map((subject) => ({
      subject,
      event: { type: 'retry', reinstall },
    })),
    message: [
      `to be installed again: ${names.join(', ')}`,
      ...describeOldPools(fleet, state, machines),
    ].join('; '),
  };
}

/** The machine of a host, or with a MAC address. */
function findMachine(fleet: Fleet, state: FleetState, name: string): MachineRecord | KronosError {
  const { hosts } = indexFleet(fleet);
  const found = hosts.has(name) ? machineOf(state, name) : state.machines.get(machineId(name));
  if (found !== undefined) return found;
  if (hosts.has(name)) {
    return refuse(`the machine of ${name} was not seen yet`, 'switch it on, started by network');
  }
  return unknownName(name, 'host', [...hosts.keys(), ...state.machines.keys()]);
}

function whyNoRetry(
  machine: MachineRecord,
  name: string,
  reinstall: boolean,
): KronosError | undefined {
  if (machine.state === 'failed') return undefined;
  if (isUnderWay(machine)) {
    return refuse(`${name} is under way (${machine.state})`, 'wait until it is ready or failed');
  }
  if (machine.state === 'seen') {
    return refuse(
      `${name} waits for its installation already`,
      'see what for: kronos fleet status',
    );
  }
  if (reinstall) return undefined;
  return refuse(`${name} is ready`, 'to erase it and install it again, add --reinstall');
}

/** A coordinator takes its pool with it: whoever joins meanwhile, or was told to, would wait for a pool that is gone. */
function whyNoNewPool(
  fleet: Fleet,
  state: FleetState,
  machine: MachineRecord,
): KronosError | undefined {
  const pool = poolOf(fleet, state, machine);
  if (pool === undefined) return undefined;
  const joining = [...state.underWay.values()]
    .filter((other) => hostOf(fleet, other)?.pool === pool && other.id !== machine.id)
    .map(({ host, state: where }) => `${host ?? ''} (${where})`);
  if (joining.length === 0) return undefined;
  return new KronosError(
    'input/pool-under-way',
    `${machine.host ?? machine.id} is the coordinator of ${pool}, and members are on their way into it: ${joining.join(', ')}`,
    {
      hint: 'keep others from following (kronos fleet pause), wait until these are ready or failed, and try again',
    },
  );
}

/** Name of the pool that a machine coordinates. */
function poolOf(fleet: Fleet, state: FleetState, machine: MachineRecord): string | undefined {
  const host = hostOf(fleet, machine);
  const part = host === undefined ? undefined : roleOf(fleet, state, host);
  return part?.role === 'coordinator' ? part.pool.name : undefined;
}

/** Members that stay behind in a pool without its coordinator. */
function describeOldPools(
  fleet: Fleet,
  state: FleetState,
  machines: ReadonlyMap<string, MachineRecord>,
): string[] {
  const pools = [...machines.values()].map((machine) => poolOf(fleet, state, machine));
  return pools.flatMap((name) => {
    const pool = name === undefined ? undefined : indexFleet(fleet).pools.get(name);
    const left = (pool?.hosts ?? []).filter((host) => {
      const member = machineOf(state, host);
      return member?.state === 'ready' && !machines.has(member.id);
    });
    if (pool === undefined || left.length === 0) return [];
    return [`${pool.name} becomes a new pool, of which these are no members: ${left.join(', ')}`];
  });
}
