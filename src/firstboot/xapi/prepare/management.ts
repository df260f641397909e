// management.conf: the management network as xcp-networkd reads it before xapi has a database.
import { parseNetwork, formatIpv4, netmask } from '../../../host/address.ts';
import type { HostFile } from '../../../host/schema/host-file.ts';

/**
 * Lines KEY='value'. `cards`: names of the cards of the management network. A host file has checked its values, none of
 * which can hold a quote. Source: facts of xapi 26.17 (B3).
 */
export function managementConf(
  { vlan, bond, ipv4, ipv6, dns, search }: HostFile['network']['management'],
  cards: readonly string[],
): string {
  const [label = 'eth0'] = cards;
  const values: [string, string | undefined][] = [
    ['LABEL', bond === undefined ? label : 'bond0'],
    ['MODE', ipv4.mode],
    ['MODEV6', ipv6.mode === 'auto' ? 'autoconf' : ipv6.mode],
    ...ipv4Values(ipv4),
    ...ipv6Values(ipv6),
    ['DNS', dns.length === 0 ? undefined : dns.join(',')],
    ['DOMAIN', search[0]],
    ['VLAN', vlan === undefined ? undefined : String(vlan)],
    ['BOND_MODE', bond?.mode],
    ['BOND_MEMBERS', bond === undefined ? undefined : cards.join(',')],
    ['MANAGEMENT_ADDRESS_TYPE', ipv4.mode === 'none' ? 'IPv6' : 'IPv4'],
  ];
  return values
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}='${value}'\n`]))
    .join('');
}

type Management = HostFile['network']['management'];

function ipv4Values(ipv4: Management['ipv4']): [string, string | undefined][] {
  if (ipv4.mode !== 'static') return [];
  const { address, prefix } = parseNetwork(ipv4.address);
  return [
    ['IP', formatIpv4(address)],
    ['NETMASK', formatIpv4(netmask(prefix))],
    ['GATEWAY', ipv4.gateway],
  ];
}

function ipv6Values(ipv6: Management['ipv6']): [string, string | undefined][] {
  if (ipv6.mode !== 'static') return [];
  return [
    ['IPv6', ipv6.address],
    ['IPv6_GATEWAY', ipv6.gateway],
  ];
}
