// From the running network and what configures it to the networks of a host file. Pure: the effects are in system.ts.
import { isIP } from 'node:net';
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { MANAGER_NAMES, type Configured, type Manager } from './configured.ts';
import { findBase, type Base } from './base.ts';
import { nameService } from './name-service.ts';
import { findDefaultRoute, type Running, type RunningInterface } from './running.ts';

type Management = HostFile['network']['management'];

/** What decides which networks a host has. */
export interface NetworkFacts {
  running: Running;
  manager: Manager;
  /** Names of wired cards, and of wireless ones. */
  wired: ReadonlySet<string>;
  wireless: ReadonlySet<string>;
  /** What the configuration says, by interface. */
  configured: ReadonlyMap<string, Configured>;
  /** Of /etc/resolv.conf. */
  resolver: { dns: string[]; search: string[] };
  /** Client identifiers of leases by interface, hexadecimal digits. */
  identifiers: ReadonlyMap<string, string>;
}

/** A network of a host that was there before. */
export interface AdoptedNetwork extends Pick<
  Management,
  'bond' | 'vlan' | 'mtu' | 'ipv4' | 'ipv6' | 'dns' | 'search' | 'routes'
> {
  /** `management`, or the name in the host file. */
  name: string;
  /** The interface that has the addresses so far. */
  interface: string;
  /** All interfaces that this is made of, the topmost first. */
  chain: string[];
  cards: { name: string; mac: string }[];
  clientIdentifier?: string | undefined;
  /** Where each part comes from, one phrase each. */
  sources: string[];
  /** What of it a host file has no words for, one phrase each. */
  lost: string[];
}

export interface AdoptedNetworks {
  /** The management network first. */
  networks: AdoptedNetwork[];
  /** What a host file has no words for, so that it is not kept; one phrase each. */
  lost: string[];
}

/**
 * The networks of a host. Errors: `host/cannot-adopt-no-route`, `host/cannot-adopt-addresses`,
 * `host/cannot-adopt-bridge`, those of findBase.
 */
export function deriveNetworks(facts: NetworkFacts): AdoptedNetworks {
  const { running } = facts;
  const management = findDefaultRoute(running)?.interface;
  if (management === undefined) {
    throw new KronosError(
      'host/cannot-adopt-no-route',
      'adopting this host: no network interface has a default route',
      {
        hint: 'bring the network up, or write /etc/kronos/host.yaml, then: kronos-firstboot adopt',
      },
    );
  }
  const main = findBase(management, facts);
  const networks = [makeNetwork('management', main, facts)];
  for (const one of running.interfaces) {
    if (one.name === management || !isNetwork(one, main, facts)) continue;
    const base = findBase(one.name, facts);
    requireNoBridge(one, base, main);
    networks.push(makeNetwork(networkName(one.name), base, facts));
  }
  const lost = networks.flatMap((one) => one.lost);
  const kept = new Map(networks.map((one) => [one.interface, one]));
  for (const { family, to, via, interface: name = '', protocol } of running.routes) {
    const network = kept.get(name);
    if (network === undefined || name === management) continue;
    if (via === undefined || protocol === 'dhcp' || protocol === 'ra') continue;
    if (to === 'default' && hasGateway(network, family)) continue;
    lost.push(`the route to ${to} by ${via} on ${name}`);
  }
  return { networks, lost };
}

function hasGateway({ ipv4, ipv6 }: AdoptedNetwork, family: 4 | 6): boolean {
  const { mode, ...rest } = family === 4 ? ipv4 : ipv6;
  return mode === 'static' && 'gateway' in rest;
}

/** Whether an interface besides the management one becomes a network: with addresses, or a VLAN of the same cards. */
function isNetwork(one: RunningInterface, main: Base, facts: NetworkFacts): boolean {
  if (!facts.wired.has(one.name) && one.kind !== 'bond' && one.kind !== 'vlan') return false;
  const isSlave = facts.running.interfaces.some(
    ({ name, kind }) => name === one.master && kind === 'bond',
  );
  if (isSlave) return false;
  if (one.addresses.length > 0) return true;
  // Without addresses it only matters where the new bridge takes its place.
  return one.kind === 'vlan' && main.chain.includes(one.parent ?? '');
}

/** A bridge of somebody else on the same cards would lose them. */
function requireNoBridge(one: RunningInterface, base: Base, main: Base): void {
  const isShared = base.cards.some(({ name }) => main.cards.some((card) => card.name === name));
  if (one.master === undefined || !isShared) return;
  throw new KronosError(
    'host/cannot-adopt-bridge',
    `adopting this host: ${one.name} is a port of ${one.master}, and the cards below it become those of Open vSwitch`,
    {
      hint: `take ${one.name} out of ${one.master}, or install a host of its own from a medium of Kronos`,
    },
  );
}

/** A name that a host file may have. */
export function networkName(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '') || 'network'
  );
}

function makeNetwork(name: string, base: Base, facts: NetworkFacts): AdoptedNetwork {
  const { running, manager, identifiers } = facts;
  const { top, tag, bond, cards } = base;
  const configured = facts.configured.get(top.name);
  const isManagement = name === 'management';
  const ipv4 = addressing(4, top, configured, facts) as Management['ipv4'];
  const ipv6 = addressing(6, top, configured, facts);
  const said = configured === undefined ? 'the kernel only' : configured.source;
  const asks = ipv4.mode === 'dhcp' || ipv6.mode === 'dhcp' || ipv6.mode === 'auto';
  const names = nameService(top.name, configured, facts.resolver, { isManagement, asks });
  const routes = running.routes.flatMap(({ interface: on, to, via, protocol, family }) => {
    if (on !== top.name || to === 'default' || via === undefined) return [];
    if (['kernel', 'dhcp', 'ra'].includes(protocol ?? '')) return [];
    return isIP(via) === family ? [{ to, via }] : [];
  });
  return {
    ...{ name, interface: top.name, chain: base.chain, cards, bond, vlan: tag },
    mtu: top.mtu === 1500 ? undefined : top.mtu,
    ...{ ipv4, ipv6, dns: names.dns, search: names.search },
    routes: isManagement ? withoutTwins(routes) : [],
    clientIdentifier: identifiers.get(top.name),
    sources: [
      `${top.name}, ${MANAGER_NAMES[manager]}: ${said}`,
      ...(bond === undefined
        ? []
        : [`bond of ${cards.map((card) => card.name).join(', ')}: the kernel`]),
      ...names.sources,
      ...(isManagement && routes.length > 0 ? ['routes: the kernel'] : []),
    ],
    lost: [
      ...names.lost,
      ...(configured?.lost ?? []),
      ...learntBeside(top, ipv6).map(
        (address) => `${address} of ${top.name}, which a router gives beside the static address`,
      ),
    ],
  };
}

function withoutTwins<T extends { to: string }>(routes: readonly T[]): T[] {
  return routes.filter(({ to }, index) => routes.findIndex((one) => one.to === to) === index);
}

/** How an interface gets its addresses of a family. Errors: `host/cannot-adopt-addresses`. */
function addressing(
  family: 4 | 6,
  { name, addresses }: RunningInterface,
  configured: Configured | undefined,
  { running }: NetworkFacts,
): Management['ipv4'] | Management['ipv6'] {
  const gateway = gatewayOf(family, name, running);
  const own = addresses.filter((one) => one.family === family);
  const fixed = own.filter(({ dynamic }) => !dynamic);
  const said = family === 4 ? configured?.ipv4 : configured?.ipv6;
  const learnt = own.length > fixed.length ? (family === 4 ? 'dhcp' : 'auto') : undefined;
  const told =
    said === 'none' || said === undefined
      ? (learnt ?? (fixed.length > 0 ? 'static' : 'none'))
      : said;
  // Somebody knows the host by the address that was written down, and a host file has one mode for each family.
  const mode = told === 'auto' && fixed.length > 0 ? 'static' : told;
  // Leases without an end look like fixed addresses.
  const extra = mode === 'static' ? fixed.slice(1) : learnt === undefined ? fixed.slice(1) : fixed;
  if (extra.length > 0) {
    throw new KronosError(
      'host/cannot-adopt-addresses',
      `adopting this host: ${name} has the further address ${extra.map(({ address }) => address).join(', ')}, and a network of a host file has one of each family`,
      {
        hint: 'remove it from the configuration of the network, or put it on a card or VLAN of its own',
      },
    );
  }
  if (mode !== 'static') return { mode };
  const address = (fixed[0] ?? own[0])?.address;
  if (address === undefined) return { mode: 'none' };
  return { mode, address, ...(gateway === undefined ? {} : { gateway }) };
}

/** The router of a family, where the best route to everywhere goes by this interface: others would take its place. */
function gatewayOf(family: 4 | 6, name: string, { routes }: Running): string | undefined {
  const best = findDefaultRoute({
    interfaces: [],
    routes: routes.filter((route) => route.family === family),
  });
  return best?.interface === name ? best.via : undefined;
}

/** Addresses that routers give besides one that stands fast. */
function learntBeside(
  { addresses }: RunningInterface,
  { mode }: Management['ipv6'],
): readonly string[] {
  if (mode !== 'static') return [];
  return addresses.flatMap((one) => (one.family === 6 && one.dynamic ? [one.address] : []));
}
