// Which host a machine is for: by its MAC address, else its serial number, else its asset tag, else its turn.
import type { Fleet } from '../file/fleet.ts';
import { indexFleet, type FleetIndex } from './plan.ts';
import type { FleetState, MachineRecord } from './record.ts';

/** Name of the host that is meant for a machine; undefined: none is, or it has its machine already. */
export function matchHost(
  fleet: Fleet,
  state: FleetState,
  machine: Pick<MachineRecord, 'id' | 'facts'>,
): string | undefined {
  const index = indexFleet(fleet);
  const meant = findMeant(index, machine);
  if (meant !== undefined) return isFree(state, meant, machine.id) ? meant : undefined;
  if (index.orders.size === 0) return undefined;
  const host = index.orders.get(turnOf(index, state, machine.id));
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

/** The so-manieth it is, counted from 1, of the machines that no host names. */
function turnOf(index: FleetIndex, state: FleetState, id: string): number {
  const own = state.machines.get(id)?.appeared ?? state.machines.size + 1;
  let turn = 1;
  for (const machine of state.machines.values()) {
    if (machine.appeared >= own || findMeant(index, machine) !== undefined) continue;
    // Whom a person named for a host that waits for another machine does not take a turn.
    const host = machine.host === undefined ? undefined : index.hosts.get(machine.host);
    if (host === undefined || 'order' in host.identity) turn += 1;
  }
  return turn;
}
