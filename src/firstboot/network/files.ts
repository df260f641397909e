// Files of systemd-networkd: names of cards that stay, cards without addresses, addresses on the bridges.
import { contains, parseAddress, parseNetwork } from '../../host/address.ts';
import { identityLines } from '../adopt/identity.ts';
import type { Addressing, Bridge } from './switch.ts';

export interface NetworkFile {
  /** Name below /etc/systemd/network. */
  name: string;
  text: string;
}

const HEAD = '# Made by kronos-firstboot from /etc/kronos/host.yaml.';

/** Where a file stands among those of others; the first one that fits counts. */
interface Places {
  link: string;
  card: string;
  address: string;
  /** What a card needs besides. */
  more: string[];
}

const INSTALLED: Places = { link: '10', card: '10', address: '20', more: [] };

/** Names that somebody gave stay; no pattern of somebody else takes a card back. */
const ADOPTED: Places = {
  ...{ link: '90', card: '00', address: '00' },
  // The card has a master that no file of networkd gave it.
  more: ['KeepMaster=yes'],
};

/** What the kernel calls cards by itself: such a name cannot be given while another card may have it. */
const KERNEL_NAME = /^eth\d+$/;

/** Of a host that was there before. */
interface FileOptions {
  adopted?: boolean;
}

/** Names of the cards, by the address that is burnt in; sorted by name. */
export function linkFiles(
  bridges: readonly Bridge[],
  { adopted = false }: FileOptions = {},
): NetworkFile[] {
  const places = adopted ? ADOPTED : INSTALLED;
  const cards = bridges.flatMap((bridge) => bridge.cards);
  return sorted(
    cards
      .filter(({ name }) => !adopted || !KERNEL_NAME.test(name))
      .map((card) => linkFile(card, places)),
  );
}

/** Addresses of bridges, and cards without any; sorted by name. */
export function networkFiles(
  bridges: readonly Bridge[],
  { adopted = false }: FileOptions = {},
): NetworkFile[] {
  const places = adopted ? ADOPTED : INSTALLED;
  const files = bridges.flatMap((bridge) => [
    ...bridge.cards.map((card) => cardFile(card, places)),
    addressFile(bridge.name, bridge.addressing, places),
    ...bridge.vlans.map((vlan) => addressFile(vlan.name, vlan.addressing, places)),
  ]);
  return sorted(files);
}

function sorted(files: readonly NetworkFile[]): NetworkFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The card keeps its name wherever it is plugged in; the bridges have its address too, but are no hardware. */
function linkFile({ name, mac }: { name: string; mac: string }, { link }: Places): NetworkFile {
  return {
    name: `${link}-kronos-${name}.link`,
    text: text([
      ...['[Match]', `PermanentMACAddress=${mac}`, '', '[Link]', 'NamePolicy=', `Name=${name}`],
    ]),
  };
}

function cardFile({ name }: { name: string }, { card, more }: Places): NetworkFile {
  return {
    name: `${card}-kronos-${name}.network`,
    text: text([
      ...['[Match]', `Name=${name}`, '', '[Link]', 'RequiredForOnline=no', ''],
      ...['[Network]', 'LinkLocalAddressing=no', 'LLDP=yes', 'KeepConfiguration=no', ...more],
    ]),
  };
}

function addressFile(
  name: string,
  addressing: Addressing | undefined,
  { address }: Places,
): NetworkFile {
  const lines =
    addressing === undefined || !hasAddress(addressing)
      ? ['[Link]', 'RequiredForOnline=no', '', '[Network]', 'LinkLocalAddressing=no']
      : ['[Network]', ...addressLines(addressing)];
  return {
    name: `${address}-kronos-${name}.network`,
    text: text(['[Match]', `Name=${name}`, '', ...lines]),
  };
}

function hasAddress({ ipv4, ipv6 }: Addressing): boolean {
  return ipv4.mode !== 'none' || ipv6.mode !== 'none';
}

function addressLines(addressing: Addressing): string[] {
  const { ipv4, ipv6, dns = [], search = [], routes = [], clientIdentifier } = addressing;
  const identity = identityLines(clientIdentifier);
  const asks = ipv6.mode === 'dhcp' || ipv6.mode === 'auto';
  const dhcp =
    ipv4.mode === 'dhcp'
      ? ipv6.mode === 'dhcp'
        ? 'yes'
        : 'ipv4'
      : ipv6.mode === 'dhcp'
        ? 'ipv6'
        : 'no';
  return [
    `DHCP=${dhcp}`,
    `IPv6AcceptRA=${asks ? 'yes' : 'no'}`,
    `LinkLocalAddressing=${ipv6.mode === 'none' ? 'no' : 'ipv6'}`,
    ...[ipv4, ipv6].flatMap((family) =>
      family.mode === 'static'
        ? [`Address=${family.address}`, ...(isInside(family) ? [`Gateway=${family.gateway}`] : [])]
        : [],
    ),
    ...dns.map((server) => `DNS=${server}`),
    ...(search.length === 0 ? [] : [`Domains=${search.join(' ')}`]),
    ...routes.flatMap(({ to, via }) => ['', '[Route]', `Destination=${to}`, `Gateway=${via}`]),
    ...[ipv4, ipv6].flatMap((family) =>
      family.mode === 'static' && family.gateway !== undefined && !isInside(family)
        ? ['', '[Route]', `Gateway=${family.gateway}`, 'GatewayOnLink=yes']
        : [],
    ),
    // Machine ids are new after every installation; switches and servers know the card.
    ...['', '[DHCPv4]', ...identity.ipv4],
    ...(ipv6.mode === 'dhcp' && identity.ipv6.length > 0 ? ['', '[DHCPv6]', ...identity.ipv6] : []),
  ];
}

/** A router outside of the network of the address is on the wire all the same, and must be said to be. */
function isInside({
  address,
  gateway,
}: {
  address: string;
  gateway?: string | undefined;
}): boolean {
  if (gateway === undefined) return false;
  const own = parseNetwork(address);
  const router = parseAddress(gateway);
  return contains(own, router) || own.family !== router.family || /^fe80:/i.test(gateway);
}

function text(lines: readonly string[]): string {
  return `${[HEAD, ...lines].join('\n')}\n`;
}
