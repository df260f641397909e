// A person says which machine is which.
import type { Fleet } from '../file/fleet.ts';
import { isUnderWay } from '../state/fold.ts';
import { hostOf, indexFleet, machineId, machineOf } from '../state/plan.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import type { NewEntry } from '../store/store.ts';
import type { Action, Effect } from './effect.ts';
import { refuse, unknownName } from './refuse.ts';

/** Errors: `input/no-such-host`, `input/fleet-action`. */
export function planName(fleet: Fleet, state: FleetState, action: Action<'name'>): Effect {
  const machine = state.machines.get(machineId(action.machine));
  if (machine === undefined) {
    throw unknownName(action.machine, 'machine', [...state.machines.keys()]);
  }
  const { hosts } = indexFleet(fleet);
  if (!hosts.has(action.host)) throw unknownName(action.host, 'host', [...hosts.keys()]);
  const effects = [planOwner(fleet, state, machine, action.host)];
  if (action.replaced !== undefined) effects.push(planReplacement(machine, action.replaced));
  return {
    append: effects.flatMap(({ append }) => append),
    message: effects.map(({ message }) => message).join('; '),
  };
}

function planOwner(fleet: Fleet, state: FleetState, machine: MachineRecord, host: string): Effect {
  const message = `${machine.id} is the machine of ${host}`;
  if (machine.host === host) return { append: [], message };
  const own = hostOf(fleet, machine);
  if (isUnderWay(machine) || (machine.state === 'ready' && own !== undefined)) {
    const what = `${machine.id} is installed as ${own?.name ?? 'another host'} (${machine.state})`;
    throw refuse(
      what,
      'a machine gets another name only before it is installed or after it failed',
    );
  }
  const other = machineOf(state, host);
  if (other !== undefined && isUnderWay(other)) {
    throw refuse(`${host} is under way on ${other.id}`, 'wait until it is ready or failed');
  }
  return {
    append: [{ subject: machine.id, event: { type: 'named', host, by: 'operator' } }],
    message: other === undefined ? message : `${message}; ${other.id} is not any more`,
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The person names the new board, so that whoever else came with this MAC address meanwhile is not taken for it. */
function planReplacement(machine: MachineRecord, replaced: string): Effect {
  const { id, state, facts } = machine;
  // The host file is out, and with it the token for reports: there is nothing to take it back by.
  if (isUnderWay(machine) && state !== 'armed') {
    throw refuse(`${id} is under way (${state})`, 'wait until it is ready or failed');
  }
  const [name, value] = UUID.test(replaced)
    ? (['uuid', replaced.toLowerCase()] as const)
    : (['serial', replaced] as const);
  if (facts[name] === value) {
    const what = name === 'uuid' ? 'UUID' : 'serial number';
    return { append: [], message: `it has the ${what} ${value} already` };
  }
  const entry: NewEntry = { subject: id, event: { type: 'replaced', facts: { [name]: value } } };
  const old = facts['serial'] ?? facts['uuid'];
  return {
    append: [entry],
    message: `from now on it is ${value}${old === undefined ? '' : `, and ${old} is refused`}`,
  };
}
