// What Open vSwitch has, read from its database, and how that differs from what it should have.
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { uplinkOf, type Bridge } from './switch.ts';

export interface SwitchPort {
  name: string;
  interfaces: string[];
  tag?: number | undefined;
  bondMode?: string | undefined;
  lacp?: string | undefined;
}

export interface SwitchBridge {
  name: string;
  hardwareAddress?: string | undefined;
  ports: SwitchPort[];
}

export interface Switch {
  bridges: SwitchBridge[];
  /** Wished frame sizes by interface, bytes. */
  mtu: ReadonlyMap<string, number>;
}

/** Seconds; a database that is still starting answers later, one that never does must not hold up the rest for ever. */
export const SWITCH_PATIENCE = 120;

const TABLES = {
  Bridge: ['name', 'ports', 'other_config'],
  Port: ['_uuid', 'name', 'interfaces', 'tag', 'bond_mode', 'lacp'],
  Interface: ['_uuid', 'name', 'mtu_request'],
};

/** `patience` in seconds. Errors: those of ovs-vsctl; `io/unexpected-output`. */
export async function readSwitch(patience = SWITCH_PATIENCE): Promise<Switch> {
  const [bridges = [], ports = [], interfaces = []] = await Promise.all(
    Object.entries(TABLES).map(async ([table, columns]) => {
      const { stdout } = await run([
        ...['ovs-vsctl', `--timeout=${patience}`, '--format=json'],
        ...[`--columns=${columns.join(',')}`, 'list', table],
      ]);
      return parseTable(stdout);
    }),
  );
  return makeSwitch(bridges, ports, interfaces);
}

type Row = Record<string, unknown>;

/**
 * Rows of a table as ovs-vsctl prints them with --format=json, with sets as arrays and maps as objects.
 * Errors: `io/unexpected-output`. Source: RFC 7047, 5.1.
 */
export function parseTable(text: string): Row[] {
  try {
    const { headings, data } = JSON.parse(text) as { headings: string[]; data: unknown[][] };
    return data.map((cells) =>
      Object.fromEntries(headings.map((name, index) => [name, decodeCell(cells[index])])),
    );
  } catch (error) {
    throw new KronosError('io/unexpected-output', 'ovs-vsctl printed something else than a table', {
      cause: error,
    });
  }
}

function decodeCell(cell: unknown): unknown {
  if (!Array.isArray(cell)) return cell;
  const [kind, value] = cell as [string, unknown];
  if (kind === 'set') return (value as unknown[]).map(decodeCell);
  if (kind === 'map') return Object.fromEntries(value as [string, unknown][]);
  return value;
}

/** A set of one is printed as its only member, an empty one as an empty list. */
function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}

function oneOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function makeSwitch(
  bridges: readonly Row[],
  ports: readonly Row[],
  interfaces: readonly Row[],
): Switch {
  const names = new Map(interfaces.map((row) => [row['_uuid'], String(row['name'])]));
  const byId = new Map(
    ports.map((row) => [
      row['_uuid'],
      {
        name: String(row['name']),
        interfaces: listOf(row['interfaces']).map((id) => names.get(id) ?? id),
        ...(typeof row['tag'] === 'number' ? { tag: row['tag'] } : {}),
        bondMode: oneOf(row['bond_mode']),
        lacp: oneOf(row['lacp']),
      },
    ]),
  );
  return {
    bridges: bridges.map((row) => ({
      name: String(row['name']),
      hardwareAddress: oneOf((row['other_config'] as Row | undefined)?.['hwaddr'])?.toLowerCase(),
      ports: listOf(row['ports']).flatMap((id) => byId.get(id) ?? []),
    })),
    mtu: new Map(
      interfaces.flatMap((row) =>
        typeof row['mtu_request'] === 'number'
          ? [[String(row['name']), row['mtu_request']] as const]
          : [],
      ),
    ),
  };
}

/** What of `wanted` is not there, as phrases; empty where all is. What else the switch has (guests) does not count. */
export function findMissing(wanted: readonly Bridge[], actual: Switch): string[] {
  return wanted.flatMap((bridge) => {
    const found = actual.bridges.find(({ name }) => name === bridge.name);
    if (found === undefined) return [`bridge ${bridge.name}`];
    const uplink = uplinkOf(bridge);
    const port = found.ports.find(({ name }) => name === uplink.name);
    return [
      ...when(found.hardwareAddress !== bridge.cards[0]?.mac, `address of ${bridge.name}`),
      ...when(!hasUplink(port, uplink), `port ${uplink.name} with ${uplink.members.join(', ')}`),
      ...bridge.vlans
        .filter(({ name, tag }) => !found.ports.some((one) => one.name === name && one.tag === tag))
        .map(({ name, tag }) => `VLAN ${tag} as ${name}`),
      ...(bridge.mtu === undefined ? [] : [bridge.name, ...uplink.members])
        .filter((name) => actual.mtu.get(name) !== bridge.mtu)
        .map((name) => `frames of ${bridge.mtu} bytes on ${name}`),
    ];
  });
}

type Uplink = ReturnType<typeof uplinkOf>;

function hasUplink(port: SwitchPort | undefined, uplink: Uplink): boolean {
  if (port === undefined) return false;
  if ([...port.interfaces].sort().join(' ') !== [...uplink.members].sort().join(' ')) return false;
  return uplink.mode === undefined || (port.bondMode === uplink.mode && port.lacp === uplink.lacp);
}

function when(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}

/** Arguments that take cards out of ports, and VLANs out of tags, that they are not to be in any more. */
export function staleArguments(wanted: readonly Bridge[], actual: Switch): string[] {
  const arguments_: string[] = [];
  for (const bridge of wanted) {
    const uplink = uplinkOf(bridge);
    const ports = actual.bridges.flatMap((one) =>
      one.ports.map((port) => ({ port, on: one.name })),
    );
    for (const { port, on } of ports) {
      const vlan = bridge.vlans.find(({ name }) => name === port.name);
      if (vlan !== undefined && (on !== bridge.name || port.tag !== vlan.tag))
        arguments_.push('--', '--if-exists', 'del-br', port.name);
      if (!port.interfaces.some((name) => uplink.members.includes(name))) continue;
      const right = on === bridge.name && port.name === uplink.name && hasMembers(port, uplink);
      if (!right) arguments_.push('--', '--if-exists', 'del-port', on, port.name);
    }
  }
  return arguments_;
}

function hasMembers(port: SwitchPort, uplink: Uplink): boolean {
  return hasUplink({ ...port, bondMode: uplink.mode, lacp: uplink.lacp }, uplink);
}
