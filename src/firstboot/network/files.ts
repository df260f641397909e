// Files of systemd-networkd: names of cards that stay, cards without addresses, addresses on the bridges.
import type { Addressing, Bridge } from './switch.ts';

export interface NetworkFile {
  /** Name below /etc/systemd/network. */
  name: string;
  text: string;
}

const HEAD = '# Made by kronos-firstboot from /etc/kronos/host.yaml.';

/** Names of the cards, by the address that is burnt in; sorted by name. */
export function linkFiles(bridges: readonly Bridge[]): NetworkFile[] {
  return sorted(bridges.flatMap(({ cards }) => cards.map(linkFile)));
}

/** Addresses of bridges, and cards without any; sorted by name. */
export function networkFiles(bridges: readonly Bridge[]): NetworkFile[] {
  const files = bridges.flatMap((bridge) => [
    ...bridge.cards.map(cardFile),
    addressFile(bridge.name, bridge.addressing),
    ...bridge.vlans.map((vlan) => addressFile(vlan.name, vlan.addressing)),
  ]);
  return sorted(files);
}

function sorted(files: readonly NetworkFile[]): NetworkFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The card keeps its name wherever it is plugged in; the bridges have its address too, but are no hardware. */
function linkFile({ name, mac }: { name: string; mac: string }): NetworkFile {
  return {
    name: `10-kronos-${name}.link`,
    text: text([
      ...['[Match]', `PermanentMACAddress=${mac}`, '', '[Link]', 'NamePolicy=', `Name=${name}`],
    ]),
  };
}

function cardFile({ name }: { name: string }): NetworkFile {
  return {
    name: `10-kronos-${name}.network`,
    text: text([
      ...['[Match]', `Name=${name}`, '', '[Link]', 'RequiredForOnline=no', ''],
      ...['[Network]', 'LinkLocalAddressing=no', 'LLDP=yes', 'KeepConfiguration=no'],
    ]),
  };
}

function addressFile(name: string, addressing: Addressing | undefined): NetworkFile {
  const lines =
    addressing === undefined || !hasAddress(addressing)
      ? ['[Link]', 'RequiredForOnline=no', '', '[Network]', 'LinkLocalAddressing=no']
      : ['[Network]', ...addressLines(addressing)];
  return {
    name: `20-kronos-${name}.network`,
    text: text(['[Match]', `Name=${name}`, '', ...lines]),
  };
}

function hasAddress({ ipv4, ipv6 }: Addressing): boolean {
  return ipv4.mode !== 'none' || ipv6.mode !== 'none';
}

function addressLines({ ipv4, ipv6, dns = [], search = [], routes = [] }: Addressing): string[] {
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
        ? [
            `Address=${family.address}`,
            ...(family.gateway === undefined ? [] : [`Gateway=${family.gateway}`]),
          ]
        : [],
    ),
    ...dns.map((server) => `DNS=${server}`),
    ...(search.length === 0 ? [] : [`Domains=${search.join(' ')}`]),
    ...routes.flatMap(({ to, via }) => ['', '[Route]', `Destination=${to}`, `Gateway=${via}`]),
    // Machine ids are new after every installation; switches and servers know the card.
    ...['', '[DHCPv4]', 'ClientIdentifier=mac'],
  ];
}

function text(lines: readonly string[]): string {
  return `${[HEAD, ...lines].join('\n')}\n`;
}
