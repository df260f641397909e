// Which host a machine is for: by its MAC address, else its serial number, else its asset tag, else its turn.
import type { Fleet } from '../file/fleet.ts';
import type { MachineId } from './event.ts';
import { indexFleet, type FleetIndex } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';

/**
 * Name of the host that is meant for a machine; undefined: none is, or it has its machine already. `turns`: what countTurns
 * gave for this state, or for one from which only names that follow from matches were given since.
 */
export function matchHost(
  fleet: Fleet,
  state: FleetState,
  machine: Pick<MachineRecord, 'id' | 'facts'>,
  turns?: Turns,
): string | undefined {
  const index = indexFleet(fleet);
  const meant = findMeant(index, machine);
  if (meant !== undefined) return isFree(state, meant, machine.id) ? meant : undefined;
  if (index.orders.size === 0) return undefined;
  const host = index.orders.get(turns?.().get(machine.id) ?? turnOf(index, state, machine.id));
  return host !== undefined && isFree(state, host, machine.id) ? host : undefined;
}

/** The host that names this very machine; whether it is free is not looked at. */
function findMeant(
  index: FleetIndex,
  { id, facts }: Pick<MachineRecord, 'id' | 'facts'>,
): string | undefined {
  const { macs, serials, assetTags } = index;
  const serial = facts['serial']?.trim();
  const tag = facts['asset_tag']?.trim();
  return (
    macs.get(id) ??
    (serial === undefined ? undefined : serials.get(serial)) ??
    (tag === undefined ? undefined : assetTags.get(tag))
  );
}

function isFree(state: FleetState, host: string, id: string): boolean {
  const owner = state.hosts.get(host);
  return owner === undefined || owner === id;
}

/** The so-manieth each machine is, worked out when somebody asks. */
export type Turns = () => ReadonlyMap<MachineId, number>;

/** Counts all turns at once: one by one a rack of thousands that appears together would take minutes. */
export function countTurns(fleet: Fleet, state: FleetState): Turns {
  let turns: Map<MachineId, number> | undefined;
  return () => {
    if (turns !== undefined) return turns;
    const index = indexFleet(fleet);
    turns = new Map();
    let turn = 1;
    for (const machine of [...state.machines.values()].sort((a, b) => a.appeared - b.appeared)) {
      turns.set(machine.id, turn);
      if (takesTurn(index, machine)) turn += 1;
    }
    return turns;
  };
}

/** The so-manieth it is, counted from 1, of the machines that no host names. */
function turnOf(index: FleetIndex, state: FleetState, id: MachineId): number {
  const own = state.machines.get(id)?.appeared ?? state.machines.size + 1;
  let turn = 1;
  for (const machine of state.machines.values()) {
    if (machine.appeared < own && takesTurn(index, machine)) turn += 1;
  }
  return turn;
}

function takesTurn(index: FleetIndex, machine: MachineRecord): boolean {
  if (findMeant(index, machine) !== undefined) return false;
  // Whom a person named for a host that waits for another machine does not take a turn.
  const host = machine.host === undefined ? undefined : index.hosts.get(machine.host);
  return host === undefined || 'order' in host.identity;
}
