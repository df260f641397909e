// What follows from the fleet file alone, worked out once for each: who is who, and in which order hosts are installed.
import type { Fleet, FleetHost, FleetPool } from '../file/fleet.ts';
import type { MachineId, Role } from './event.ts';
import type { FleetState, MachineRecord } from './record.ts';

export interface FleetIndex {
  hosts: ReadonlyMap<string, FleetHost>;
  pools: ReadonlyMap<string, FleetPool>;
  /** Names of hosts by what makes their machines known. */
  macs: ReadonlyMap<string, string>;
  serials: ReadonlyMap<string, string>;
  assetTags: ReadonlyMap<string, string>;
  orders: ReadonlyMap<number, string>;
}

const indices = new WeakMap<Fleet, FleetIndex>();

/** Names of the file, findable. */
export function indexFleet(fleet: Fleet): FleetIndex {
  const known = indices.get(fleet);
  if (known !== undefined) return known;
  const macs = new Map<string, string>();
  const serials = new Map<string, string>();
  const assetTags = new Map<string, string>();
  const orders = new Map<number, string>();
  for (const { identity, name } of fleet.hosts) {
    if ('mac' in identity) macs.set(identity.mac.toLowerCase(), name);
    else if ('serial' in identity) serials.set(identity.serial, name);
    else if ('assetTag' in identity) assetTags.set(identity.assetTag, name);
    else orders.set(identity.order, name);
  }
  const index: FleetIndex = {
    hosts: new Map(fleet.hosts.map((host) => [host.name, host])),
    pools: new Map(fleet.pools.map((pool) => [pool.name, pool])),
    ...{ macs, serials, assetTags, orders },
  };
  indices.set(fleet, index);
  return index;
}

/** Name of the coordinator of a pool; undefined: none was elected yet. */
export function coordinatorOf(pool: FleetPool, state: FleetState): string | undefined {
  if (pool.coordinator !== 'first-seen') return pool.coordinator.host;
  const elected = state.fleet.elected[pool.name];
  return elected !== undefined && pool.hosts.includes(elected) ? elected : undefined;
}

/** What a host is in its pool, and who the coordinator is; undefined without a pool. */
export function roleOf(
  fleet: Fleet,
  state: FleetState,
  host: FleetHost,
): { role: Role; coordinator: string | undefined; pool: FleetPool } | undefined {
  const pool = host.pool === undefined ? undefined : indexFleet(fleet).pools.get(host.pool);
  if (pool === undefined) return undefined;
  const coordinator = coordinatorOf(pool, state);
  return { role: coordinator === host.name ? 'coordinator' : 'member', coordinator, pool };
}

/** The machine of a host. */
export function machineOf(state: FleetState, host: string): MachineRecord | undefined {
  const id = state.hosts.get(host);
  return id === undefined ? undefined : state.machines.get(id);
}

/** The host of the file that a machine is for; one that is no longer in the file is none. */
export function hostOf(fleet: Fleet, machine: MachineRecord | undefined): FleetHost | undefined {
  return machine?.host === undefined ? undefined : indexFleet(fleet).hosts.get(machine.host);
}

/** Whether every machine is that of a host of the file. */
export function isAllNamed(fleet: Fleet, state: FleetState): boolean {
  if (state.hosts.size !== state.machines.size) return false;
  const known = named.get(state.hosts);
  if (known?.fleet === fleet) return known.all;
  const { hosts } = indexFleet(fleet);
  const all = [...state.hosts.keys()].every((name) => hosts.has(name));
  named.set(state.hosts, { fleet, all });
  return all;
}

/** What was found of names, until they change. */
const named = new WeakMap<FleetState['hosts'], { fleet: Fleet; all: boolean }>();

/** Orders, until another coordinator is elected. */
const orders = new WeakMap<Fleet, { elected: object; order: readonly FleetHost[] }>();

/** Hosts in the order in which they are installed: that of the file, but no member before its coordinator. */
export function orderHosts(fleet: Fleet, state: FleetState): readonly FleetHost[] {
  const { elected } = state.fleet;
  const known = orders.get(fleet);
  if (known?.elected === elected) return known.order;
  const { hosts, pools } = indexFleet(fleet);
  const ordered = new Set<FleetHost>();
  for (const host of fleet.hosts) {
    const pool = host.pool === undefined ? undefined : pools.get(host.pool);
    const name = pool === undefined ? undefined : coordinatorOf(pool, state);
    const coordinator = name === undefined ? undefined : hosts.get(name);
    if (coordinator !== undefined) ordered.add(coordinator);
    ordered.add(host);
  }
  const order = [...ordered];
  orders.set(fleet, { elected, order });
  return order;
}

/** A MAC address as machines are called by it, from what people and programs write. */
export function machineId(text: string): MachineId {
  return text.trim().toLowerCase().replaceAll('-', ':');
}
