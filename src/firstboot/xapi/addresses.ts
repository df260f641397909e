// Addresses of a PIF: what the host file wants, in the words of XenAPI, and whether it is so already.
import { formatIpv4, netmask, parseNetwork } from '../../host/address.ts';
import type { Addressing } from '../network/switch.ts';

/** What of a PIF says which addresses it has. */
export interface AddressedPif {
  ip_configuration_mode: string;
  IP: string;
  netmask: string;
  gateway: string;
  DNS: string;
  ipv6_configuration_mode: string;
  IPv6: readonly string[];
  ipv6_gateway: string;
}

/** Parameters of PIF.reconfigure_ip or PIF.reconfigure_ipv6, behind the PIF. */
export type AddressChange =
  | {
      family: 4;
      parameters: [mode: string, ip: string, netmask: string, gateway: string, dns: string];
    }
  | { family: 6; parameters: [mode: string, address: string, gateway: string, dns: string] };

const MODES = { none: 'None', dhcp: 'DHCP', static: 'Static', auto: 'Autoconf' } as const;

/** The change that makes the addresses those of the host file; undefined where they are. */
export function findAddressChange(
  wanted: Addressing,
  pif: AddressedPif,
): AddressChange | undefined {
  const dns = (wanted.dns ?? []).join(',');
  const four = wantedIpv4(wanted.ipv4, dns);
  if (!isIpv4(four, pif)) return { family: 4, parameters: four };
  const six = wantedIpv6(wanted.ipv6, dns);
  if (!isIpv6(six, pif)) return { family: 6, parameters: six };
  return undefined;
}

type Four = Extract<AddressChange, { family: 4 }>['parameters'];
type Six = Extract<AddressChange, { family: 6 }>['parameters'];

/** The parameters that leave a PIF the IPv4 addresses that it has. What DHCP gave is not said. */
export function currentIpv4(pif: AddressedPif): Four {
  const { ip_configuration_mode: mode, IP, netmask: mask, gateway, DNS } = pif;
  return mode === MODES.static ? [mode, IP, mask, gateway, DNS] : [mode, '', '', '', ''];
}

/** The same of IPv6. */
export function currentIpv6(pif: AddressedPif): Six {
  const { ipv6_configuration_mode: mode, IPv6, ipv6_gateway: gateway, DNS } = pif;
  return mode === MODES.static ? [mode, IPv6[0] ?? '', gateway, DNS] : [mode, '', '', ''];
}

function wantedIpv4(ipv4: Addressing['ipv4'], dns: string): Four {
  if (ipv4.mode !== 'static') return [MODES[ipv4.mode], '', '', '', ''];
  const { address, prefix } = parseNetwork(ipv4.address);
  const mask = formatIpv4(netmask(prefix));
  return [MODES.static, formatIpv4(address), mask, ipv4.gateway ?? '', dns];
}

function wantedIpv6(ipv6: Addressing['ipv6'], dns: string): Six {
  if (ipv6.mode !== 'static') return [MODES[ipv6.mode], '', '', ''];
  return [MODES.static, ipv6.address, ipv6.gateway ?? '', dns];
}

/** What DHCP gave is not compared. */
function isIpv4([mode, ip, netmask, gateway, dns]: Four, pif: AddressedPif): boolean {
  if (pif.ip_configuration_mode !== mode) return false;
  if (mode !== MODES.static) return true;
  return pif.IP === ip && pif.netmask === netmask && pif.gateway === gateway && pif.DNS === dns;
}

function isIpv6([mode, address, gateway]: Six, pif: AddressedPif): boolean {
  if (pif.ipv6_configuration_mode !== mode) return false;
  if (mode !== MODES.static) return true;
  return pif.IPv6.includes(address) && pif.ipv6_gateway === gateway;
}
