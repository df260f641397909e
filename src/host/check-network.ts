// Networks: cards, bonds, VLANs and addresses that must fit together.
import { canonicalJson } from '../common/digest.ts';
import type { Path } from '../common/yaml.ts';
import { contains, firstOf, formatNetwork, lastOf, parseAddress, parseNetwork } from './address.ts';
import type { Network } from './address.ts';
import { checkTwice } from './findings.ts';
import type { Findings } from './findings.ts';
import { checkRoutes } from './check-routes.ts';
import type { HostFile } from './schema/host-file.ts';

type Management = HostFile['network']['management'];
type FurtherNetwork = HostFile['network']['networks'][number];

interface Place {
  name: string;
  path: Path;
  network: Management | FurtherNetwork;
}

/** Larger frames are not part of any standard; many cards and switches end here. */
const LARGEST_MTU = 9000;

/** Checks the section `network`. */
export function checkNetwork({ network }: HostFile, findings: Findings): void {
  const { management, networks } = network;
  checkTwice(
    networks.map(({ name }) => name),
    ['network', 'networks'],
    'networks',
    findings,
  );
  const places: Place[] = [
    { name: 'management', path: ['network', 'management'], network: management },
    ...networks.map((one, index) => ({
      name: one.name,
      path: ['network', 'networks', index],
      network: one,
    })),
  ];
  for (const place of places) checkCards(place, findings);
  checkWires(places, management, findings);
  for (const place of places) checkAddresses(place, findings);
  checkOverlap(places, findings);
  checkReach(management, findings);
  checkRoutes(management, findings);
}

function checkCards({ network, path }: Place, findings: Findings): void {
  const { bond, mtu } = network;
  if (mtu !== undefined && mtu > LARGEST_MTU) {
    findings.warn('input/large-mtu', `many cards and switches carry no frames of ${mtu} bytes`, {
      path: [...path, 'mtu'],
      hint: `jumbo frames are usually ${LARGEST_MTU}`,
    });
  }
  if (bond?.lacpRate !== undefined && bond.mode !== 'lacp') {
    findings.error('input/lacp-rate', `lacpRate has no meaning with the mode ${bond.mode}`, {
      path: [...path, 'bond', 'lacpRate'],
      hint: 'remove it, or use "mode: lacp"',
    });
  }
  const count = network.interface?.count;
  if (count === undefined) {
    if (bond === undefined) return;
    findings.error('input/bond-without-cards', 'a bond without cards of its own', {
      path: [...path, 'bond'],
      hint: 'the cards of the management network are bonded there; add an interface, or remove the bond',
    });
  } else if (count > 1 && bond === undefined) {
    findings.error('input/cards-without-bond', `${count} cards without a bond make a loop`, {
      path: [...path, 'interface', 'count'],
      hint: 'add "bond: { mode: active-backup }", or choose one card',
    });
  } else if (count === 1 && bond !== undefined) {
    findings.warn('input/bond-of-one', 'a bond of one card has nothing to fall back on', {
      path: [...path, 'bond'],
      hint: 'say "count: 2" at the interface, or remove the bond',
    });
  }
}

/** One wire and one tag make one network; cards of equal selectors are the same cards. */
function checkWires(places: readonly Place[], management: Management, findings: Findings): void {
  const taken = new Map<string, string>();
  for (const { name, path, network } of places) {
    const cards = network.interface ?? management.interface;
    const key = `${canonicalJson(cards)} ${String(network.vlan)}`;
    const other = taken.get(key);
    if (other === undefined) {
      taken.set(key, name);
      continue;
    }
    const tag = network.vlan === undefined ? 'without a VLAN' : `with VLAN ${network.vlan}`;
    findings.error('input/vlan-twice', `the network ${other} is already on these cards ${tag}`, {
      path: network.vlan === undefined ? path : [...path, 'vlan'],
      hint: 'give it another vlan, or cards of its own',
    });
  }
}

function checkAddresses(place: Place, findings: Findings): void {
  checkAddress(place, 4, findings);
  checkAddress(place, 6, findings);
}

function checkAddress(place: Place, family: 4 | 6, findings: Findings): void {
  const key = family === 4 ? 'ipv4' : 'ipv6';
  const document = place.network[key];
  if (document.mode !== 'static') return;
  const path = [...place.path, key, 'address'];
  const own = parseNetwork(document.address);
  if (own.family !== family) {
    findings.error('input/address-family', `${document.address} is not an IPv${family} address`, {
      path,
      hint: `write it under ipv${own.family}`,
    });
    return;
  }
  if (own.prefix < (family === 4 ? 31 : 127)) {
    const network = formatNetwork(own);
    if (own.address === firstOf(own)) {
      findings.error('input/network-address', `${document.address} is the network itself`, {
        path,
        hint: `a host in ${network} has a higher address`,
      });
    } else if (family === 4 && own.address === lastOf(own)) {
      findings.error('input/broadcast-address', `${document.address} is the broadcast address`, {
        path,
        hint: `a host in ${network} has a lower address`,
      });
    }
  }
  if (document.gateway === undefined) return;
  checkGateway(document.gateway, own, place, [...place.path, key, 'gateway'], findings);
}

function checkGateway(
  text: string,
  own: Network,
  place: Place,
  path: Path,
  findings: Findings,
): void {
  const gateway = parseAddress(text);
  if (gateway.address === own.address) {
    findings.error('input/gateway-is-host', `the gateway ${text} is the address of the host`, {
      path,
      hint: 'a gateway is another machine; look at both addresses',
    });
  } else if (!contains(own, gateway) && !(own.family === 6 && isLinkLocal(gateway.address))) {
    findings.warn(
      'input/gateway-outside',
      `the gateway ${text} is outside of ${formatNetwork(own)}: nothing beyond that network will be reached`,
      { path, hint: 'look at the gateway and at the prefix length of the address' },
    );
  }
  if (place.name !== 'management' || place.path.length > 2) {
    findings.warn('input/second-gateway', 'the default route is that of the management network', {
      path,
      hint: 'remove the gateway; routes beyond this network are network.management.routes',
    });
  }
}

/** fe80::/10, where routers of IPv6 usually are. */
function isLinkLocal(address: bigint): boolean {
  return address >> 118n === 0xfe80n >> 6n;
}

function checkOverlap(places: readonly Place[], findings: Findings): void {
  const seen: { name: string; network: Network }[] = [];
  for (const { name, path, network } of places) {
    for (const key of ['ipv4', 'ipv6'] as const) {
      const document = network[key];
      if (document.mode !== 'static') continue;
      const own = parseNetwork(document.address);
      const at = [...path, key, 'address'];
      const other = seen.find((one) => overlap(one.network, own));
      seen.push({ name, network: own });
      if (other === undefined) continue;
      if (other.network.address === own.address) {
        findings.error('input/address-twice', `${other.name} already has this address`, {
          path: at,
          hint: 'every network has an address of its own',
        });
        continue;
      }
      findings.warn(
        'input/overlapping-networks',
        `${formatNetwork(own)} overlaps with the network of ${other.name}: answers may leave by the wrong card`,
        { path: at, hint: 'use networks that do not overlap' },
      );
    }
  }
}

function overlap(a: Network, b: Network): boolean {
  return contains(a, b) || contains(b, a);
}

function checkReach(management: Management, findings: Findings): void {
  const path = ['network', 'management'];
  const { ipv4, ipv6, dns } = management;
  if (ipv4.mode === 'none' && ipv6.mode === 'none') {
    findings.error('input/no-address', 'the management network would have no address', {
      path: [...path, 'ipv4'],
      hint: 'use dhcp or static for ipv4 or ipv6',
    });
    return;
  }
  const learns = [ipv4, ipv6].some(({ mode }) => mode === 'dhcp' || mode === 'auto');
  const fixed = ipv4.mode === 'static' ? ipv4 : ipv6.mode === 'static' ? ipv6 : undefined;
  if (learns || fixed === undefined) return;
  if (fixed.gateway === undefined) {
    findings.warn('input/no-gateway', 'there is no gateway: only the own network is reached', {
      path: [...path, fixed === ipv4 ? 'ipv4' : 'ipv6'],
      hint: 'add the gateway, unless that is meant',
    });
  }
  if (dns.length === 0) {
    findings.warn('input/no-name-server', 'there is no name server: no host name is resolved', {
      path,
      hint: 'add "dns: [ADDRESS]", unless that is meant',
    });
  }
}
