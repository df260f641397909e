// Networks of a host with xapi: what the host file wants, and what is missing of it, one thing at a time. Calls that would
// make a second bond or VLAN are only made where the database has none: a run that was cut goes on from what is there.
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { NULL_REF } from '../../xenapi/message.ts';
import type { Records } from '../../xenapi/view.ts';
import type { Addressing, NetworkCards } from '../network/switch.ts';
import { findAddressChange, type AddressChange, type AddressedPif } from './addresses.ts';

type Bond = NonNullable<HostFile['network']['management']['bond']>;

/** A network of the host file with its cards. */
export interface WantedNetwork {
  name: string;
  /** Addresses of the cards, small letters. */
  macs: string[];
  bond?: Bond | undefined;
  vlan?: number | undefined;
  mtu?: number | undefined;
  addressing: Addressing;
  management: boolean;
}

/** What of a PIF counts here. */
export interface OwnPif extends AddressedPif {
  device: string;
  host: string;
  network: string;
  MAC: string;
  physical: boolean;
  management: boolean;
  currently_attached: boolean;
}

export interface NetworkView {
  /** Reference of the own host. */
  host: string;
  PIF: Records<OwnPif>;
  network: Records<{ other_config: Readonly<Record<string, string>>; MTU: number | string }>;
  Bond: Records<{ master: string; slaves: readonly string[] }>;
  VLAN: Records<{ tagged_PIF: string; untagged_PIF: string; tag: number }>;
}

/** One call, or a few that belong together. */
export type NetworkChange =
  | { type: 'scan' }
  | { type: 'network'; key: string; label: string; mtu: number }
  | { type: 'bond'; network: string; members: string[]; bond: Bond }
  | { type: 'vlan'; network: string; pif: string; tag: number }
  | { type: 'mtu'; network: string; pif: string; mtu: number }
  | { type: 'address'; pif: string; change: AddressChange }
  | { type: 'manage'; pif: string }
  | { type: 'plug'; pif: string };

/** Marks a network in its other_config: names can be changed by anybody. */
export const NETWORK_KEY = 'kronos-network';

const DEFAULT_MTU = 1500;

/** The networks of a host file, the management network first. `cards`: what the installation chose. */
export function wantedNetworks(
  network: HostFile['network'],
  cards: readonly NetworkCards[],
): WantedNetwork[] {
  const macsOf = (name: string): string[] =>
    (cards.find((one) => one.name === name) ?? cards[0])?.interfaces.map(({ mac }) =>
      mac.toLowerCase(),
    ) ?? [];
  const { management } = network;
  const all: WantedNetwork[] = [
    {
      ...{ name: 'management', macs: macsOf('management'), management: true },
      ...pick(management),
      addressing: management,
    },
    ...network.networks.map((one) => ({
      ...{ name: one.name, macs: macsOf(one.name), management: false },
      ...pick(one),
      addressing: one,
    })),
  ];
  // The bond is said once and holds for whatever is on the same cards.
  return all.map((one) => ({
    ...one,
    bond: one.bond ?? all.find((other) => sameCards(other, one) && other.bond)?.bond,
  }));
}

function pick({ bond, vlan, mtu }: Pick<WantedNetwork, 'bond' | 'vlan' | 'mtu'>) {
  return { bond, vlan, mtu };
}

function sameCards(a: WantedNetwork, b: WantedNetwork): boolean {
  return [...a.macs].sort().join(' ') === [...b.macs].sort().join(' ');
}

/**
 * The next thing to do, or undefined where all is there. `joining`: before a join bonds and VLANs would be refused; only the
 * management network is made, on its first card. Errors: `host/card-missing` after a scan (`scanned`).
 */
export function nextChange(
  wanted: readonly WantedNetwork[],
  view: NetworkView,
  { joining = false, scanned = false } = {},
): NetworkChange | undefined {
  const missing = wanted
    .flatMap(({ macs }) => macs)
    .find((mac) => findCard(view, mac) === undefined);
  if (missing !== undefined) {
    if (!scanned) return { type: 'scan' };
    throw new KronosError(
      'host/card-missing',
      `xapi finds no network card with the address ${missing}`,
      {
        hint: 'put the card back, or install again with --reinstall to choose others',
      },
    );
  }
  for (const one of wanted) {
    if (joining && !one.management) continue;
    const change = nextOf(joining ? { ...one, bond: undefined } : one, view);
    if (change !== undefined) return change;
  }
  return undefined;
}

function nextOf(wanted: WantedNetwork, view: NetworkView): NetworkChange | undefined {
  const base = findBase(wanted, view);
  if (typeof base !== 'string') return base;
  const pif = wanted.vlan === undefined ? base : findVlan(wanted, wanted.vlan, base, view);
  if (typeof pif !== 'string') return pif;
  const record = view.PIF[pif];
  if (record === undefined) return { type: 'scan' };
  const { mtu } = wanted;
  if (mtu !== undefined && Number(view.network[record.network]?.MTU) !== mtu)
    return { type: 'mtu', network: record.network, pif, mtu };
  const change = findAddressChange(wanted.addressing, record);
  if (change !== undefined) return { type: 'address', pif, change };
  if (wanted.management && !record.management) return { type: 'manage', pif };
  return record.currently_attached ? undefined : { type: 'plug', pif };
}

/** The PIF of the cards, or what has to be done first. */
function findBase(wanted: WantedNetwork, view: NetworkView): string | NetworkChange {
  const members = wanted.macs.map((mac) => findCard(view, mac) ?? NULL_REF);
  const [first = NULL_REF] = members;
  if (wanted.bond === undefined || members.length < 2) return first;
  const found = Object.values(view.Bond).find(
    ({ slaves }) => [...slaves].sort().join(' ') === [...members].sort().join(' '),
  );
  if (found !== undefined) return found.master;
  const network = needNetwork(
    `bond ${wanted.macs.join(' ')}`,
    `Bond of ${wanted.name}`,
    wanted,
    view,
  );
  if (typeof network !== 'string') return network;
  return { type: 'bond', network, members, bond: wanted.bond };
}

function findVlan(
  wanted: WantedNetwork,
  tag: number,
  base: string,
  view: NetworkView,
): string | NetworkChange {
  const found = Object.values(view.VLAN).find((one) => one.tagged_PIF === base && one.tag === tag);
  if (found !== undefined) return found.untagged_PIF;
  const network = needNetwork(wanted.name, wanted.name, wanted, view);
  if (typeof network !== 'string') return network;
  return { type: 'vlan', network, pif: base, tag };
}

function needNetwork(
  key: string,
  label: string,
  { mtu = DEFAULT_MTU }: WantedNetwork,
  view: NetworkView,
): string | NetworkChange {
  const found = Object.entries(view.network).find(
    ([, { other_config }]) => other_config[NETWORK_KEY] === key,
  );
  return found?.[0] ?? { type: 'network', key, label, mtu };
}

/** The physical PIF of the own host with this address. */
function findCard(view: NetworkView, mac: string): string | undefined {
  return Object.entries(view.PIF).find(
    ([, pif]) => pif.host === view.host && pif.physical && pif.MAC.toLowerCase() === mac,
  )?.[0];
}
