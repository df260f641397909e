// What a machine starts that asks for a boot script: the live system, or its own disk.
import type { Fleet } from '../file/fleet.ts';
import type { NewEntry } from '../store/store.ts';
import type { MachineId } from './event.ts';
import { hostOf, indexFleet } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';

/** Host files that are handed out again where nothing was heard after them. */
const LOST_LIMIT = 3;

export interface Boot {
  boot: 'live' | 'disk';
  /** What asking says of the machine. */
  append: NewEntry[];
}

/**
 * What the machine with this MAC address starts. Only such as are to be recorded or installed start the live system; all
 * others have something on their disk that must stay.
 */
export function chooseBoot(fleet: Fleet, state: FleetState, mac: MachineId): Boot {
  const machine = state.machines.get(mac);
  const known = machine !== undefined && hostOf(fleet, machine) !== undefined;
  switch (machine?.state) {
    case undefined:
      return { boot: mayBeMeant(fleet, state, mac) ? 'live' : 'disk', append: [] };
    case 'seen':
      return { boot: known || fleet.policy.unknown === 'record' ? 'live' : 'disk', append: [] };
    case 'armed':
    case 'failed':
      return { boot: 'live', append: [] };
    case 'installing':
      return chooseAgain(machine);
    case 'first-boot':
    case 'joined':
    case 'ready':
      return { boot: 'disk', append: [] };
  }
}

/** A machine that starts while it should be installing. */
function chooseAgain(machine: MachineRecord): Boot {
  const restarted: NewEntry = { subject: machine.id, event: { type: 'restarted' } };
  if (machine.heard) {
    // The end of the installation may be what was not heard: then all that is needed is on the disk.
    if (machine.restarts === 0) return { boot: 'disk', append: [restarted] };
    return { boot: 'live', append: [restarted, fail(machine, 'in the middle of it')] };
  }
  // The host file may have been lost on its way.
  if (machine.lost < LOST_LIMIT) return { boot: 'live', append: [restarted] };
  return { boot: 'live', append: [fail(machine, `${LOST_LIMIT + 1} times before it began`)] };
}

function fail(machine: MachineRecord, when: string): NewEntry {
  return {
    subject: machine.id,
    event: {
      type: 'failed',
      code: 'fleet/restarted',
      message: `it was to be installed and started again ${when}`,
      hint: 'look at its console: does it lose power, or run out of memory? Then retry',
    },
  };
}

/** Whether a machine that was never seen may be one of the file, or is to be recorded in any case. */
function mayBeMeant(fleet: Fleet, state: FleetState, mac: MachineId): boolean {
  if (fleet.policy.unknown === 'record' || indexFleet(fleet).macs.has(mac)) return true;
  // Only the live system tells what else machines are known by.
  return fleet.hosts.some(({ identity, name }) => !('mac' in identity) && !state.hosts.has(name));
}
