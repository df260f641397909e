// What Open vSwitch and systemd-networkd are to be told, decided from the host file and the cards of the plan.
import type { HostFile } from '../../host/schema/host-file.ts';

/** A card by what does not change when others are plugged in or taken out. */
export interface Card {
  mac: string;
  /** The name that it had. */
  name?: string;
}

/** A network with the cards that were decided when the host was installed. */
export interface NetworkCards {
  /** `management`, or the name in the host file. */
  name: string;
  interfaces: readonly Card[];
  /** By which the DHCP server knows the host in it, hexadecimal digits. */
  clientIdentifier?: string | undefined;
}

type Management = HostFile['network']['management'];
type Network = HostFile['network']['networks'][number];

/** Addresses of the host in one network. */
export type Addressing = Pick<Network, 'ipv4' | 'ipv6'> &
  Partial<Pick<Management, 'dns' | 'search' | 'routes'>> &
  Pick<NetworkCards, 'clientIdentifier'>;

/** A VLAN of a bridge, as a bridge of its own inside it: guests are put into it by its name. */
export interface Vlan {
  /** For example `xenbr0.30`. */
  name: string;
  tag: number;
  addressing: Addressing;
}

export interface Bridge {
  /** xenbr0 carries the management network. */
  name: string;
  /** Names of the cards, as the link files give them. */
  cards: { name: string; mac: string }[];
  bond?: { name: string; mode: NonNullable<Network['bond']>['mode']; fast: boolean } | undefined;
  /** Bytes; undefined: as it is. */
  mtu?: number | undefined;
  /** Of the untagged network; undefined where no network is untagged. */
  addressing?: Addressing | undefined;
  vlans: Vlan[];
}

/** The bridge of the management network. */
export const MANAGEMENT_BRIDGE = 'xenbr0';

/**
 * One bridge for each set of cards, the management network's first. `cards`: what the plan of the installation recorded,
 * `management` first. Networks without cards of their own are on those of the management network. `keepNames`: cards are called
 * what they were.
 */
export function planBridges(
  network: HostFile['network'],
  cards: readonly NetworkCards[],
  { keepNames = false }: { keepNames?: boolean } = {},
): Bridge[] {
  const bridges = new Map<string, Bridge>();
  let count = 0;
  const place = (name: string, wanted: Management | Network, addressing: Addressing): void => {
    const own = cards.find((one) => one.name === name) ?? cards[0];
    const found = (own?.interfaces ?? []).map((card) => ({ ...card, mac: card.mac.toLowerCase() }));
    const key = found
      .map(({ mac }) => mac)
      .sort()
      .join(' ');
    const bridge = bridges.get(key) ?? {
      name: `xenbr${bridges.size}`,
      cards: found.map(({ name: before, mac }) => {
        const next = `nic${count++}`;
        return { name: keepNames ? (before ?? next) : next, mac };
      }),
      vlans: [],
    };
    bridges.set(key, bridge);
    if (wanted.bond !== undefined) {
      bridge.bond = {
        name: `bond${bridge.name.slice('xenbr'.length)}`,
        mode: wanted.bond.mode,
        fast: wanted.bond.lacpRate === 'fast',
      };
    }
    // A port must let through the largest frame of all its networks.
    if (wanted.mtu !== undefined) bridge.mtu = Math.max(bridge.mtu ?? 0, wanted.mtu);
    if (wanted.vlan === undefined) bridge.addressing = addressing;
    else bridge.vlans.push({ name: `${bridge.name}.${wanted.vlan}`, tag: wanted.vlan, addressing });
  };
  const addressing = (name: string, one: Management | Network): Addressing => {
    const identifier = cards.find((each) => each.name === name)?.clientIdentifier;
    return identifier === undefined ? one : { ...one, clientIdentifier: identifier };
  };
  place('management', network.management, addressing('management', network.management));
  for (const one of network.networks) place(one.name, one, addressing(one.name, one));
  return [...bridges.values()];
}

/** Where the host has its management address: the bridge, or a VLAN of it. */
export function managementInterface(network: HostFile['network']): string {
  const { vlan } = network.management;
  return vlan === undefined ? MANAGEMENT_BRIDGE : `${MANAGEMENT_BRIDGE}.${vlan}`;
}

/** What Open vSwitch calls our modes. */
const MODES = {
  'active-backup': 'active-backup',
  'balance-slb': 'balance-slb',
  lacp: 'balance-tcp',
};

/** The port by which a bridge reaches its cards. */
interface Uplink {
  name: string;
  members: string[];
  /** As Open vSwitch calls it; undefined for one card. */
  mode?: string | undefined;
  lacp?: 'active' | 'off' | undefined;
}

export function uplinkOf({ name, cards, bond }: Bridge): Uplink {
  const members = cards.map((card) => card.name);
  if (bond === undefined || cards.length < 2) return { name: members[0] ?? name, members };
  return {
    ...{ name: bond.name, members, mode: MODES[bond.mode] },
    lacp: bond.mode === 'lacp' ? 'active' : 'off',
  };
}

/**
 * The arguments of ovs-vsctl, after its options, that make all of it in one transaction; made again, they change nothing.
 * Source: ovs-vsctl(8), ovs-vswitchd.conf.db(5) of Open vSwitch 3.5.
 */
export function switchArguments(bridges: readonly Bridge[]): string[] {
  return bridges.flatMap((bridge) => {
    const { name, cards, bond, mtu, vlans } = bridge;
    const [first] = cards;
    const { members, mode, lacp, ...uplink } = uplinkOf(bridge);
    const lacpTime = bond?.fast === true ? 'fast' : 'slow';
    return [
      ...['--', '--may-exist', 'add-br', name],
      ...['--', 'set', 'Bridge', name, 'fail_mode=standalone'],
      // Without it the address of the bridge changes with the card that came up first.
      ...(first === undefined ? [] : [`other_config:hwaddr="${first.mac}"`]),
      ...(mode === undefined
        ? members.flatMap((member) => ['--', '--may-exist', 'add-port', name, member])
        : [
            ...['--', '--may-exist', 'add-bond', name, uplink.name, ...members],
            ...['--', 'set', 'Port', uplink.name, `bond_mode=${mode}`, `lacp=${lacp}`],
            // A switch that does not answer must not cost the host its network.
            ...(lacp === 'active'
              ? [`other_config:lacp-time=${lacpTime}`, 'other_config:lacp-fallback-ab=true']
              : []),
          ]),
      ...(mtu === undefined
        ? []
        : [name, ...members].flatMap((port) => [
            ...['--', 'set', 'Interface', port, `mtu_request=${mtu}`],
          ])),
      ...vlans.flatMap((vlan) => [
        ...['--', '--may-exist', 'add-br', vlan.name, name, String(vlan.tag)],
      ]),
    ];
  });
}
