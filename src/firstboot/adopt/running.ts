// The network as the kernel has it now: which interface stands on which, addresses, routes. Pure: the effects are in system.ts.
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';

const address = z.object({
  family: z.string(),
  local: z.string().optional(),
  prefixlen: z.number(),
  scope: z.string().optional(),
  /** Goes away unless it is renewed: given by DHCP or a router. */
  dynamic: z.boolean().optional(),
  /** Privacy address that the kernel made of another one. */
  temporary: z.boolean().optional(),
  mngtmpaddr: z.boolean().optional(),
  /** Who gave it; `kernel_ra` is a router, who may give it for ever. */
  protocol: z.string().optional(),
});

const link = z.object({
  ifindex: z.number(),
  ifname: z.string(),
  /** Of the interface that it stands on, for example of a VLAN. */
  link: z.string().nullish(),
  master: z.string().optional(),
  mtu: z.number(),
  address: z.string().optional(),
  permaddr: z.string().optional(),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z.record(z.string(), z.unknown()).optional(),
      info_slave_data: z.object({ perm_hwaddr: z.string().optional() }).optional(),
    })
    .optional(),
  addr_info: z.array(address).default([]),
});

const route = z.object({
  dst: z.string(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string().optional(),
  metric: z.number().default(0),
});

export interface RunningAddress {
  family: 4 | 6;
  /** `192.0.2.10/24`. */
  address: string;
  dynamic: boolean;
}

export interface RunningInterface {
  index: number;
  name: string;
  /** Small letters; that which is burnt in where a bond has replaced it. */
  mac: string;
  /** bond, vlan, bridge, veth and so on; undefined for hardware. */
  kind: string | undefined;
  master: string | undefined;
  /** The interface that a VLAN stands on. */
  parent: string | undefined;
  /** Of a VLAN. */
  tag: number | undefined;
  /** Of a bond, as the kernel calls it. */
  bondMode: string | undefined;
  lacpFast: boolean;
  /** Bytes. */
  mtu: number;
  /** Global and site-local ones, without privacy addresses. */
  addresses: RunningAddress[];
}

export interface RunningRoute {
  family: 4 | 6;
  /** `default`, or a network with its prefix length. */
  to: string;
  via: string | undefined;
  interface: string | undefined;
  protocol: string | undefined;
  metric: number;
}

export interface Running {
  interfaces: RunningInterface[];
  routes: RunningRoute[];
}

/** What ip(8) printed with -json: `-details address show`, `-4 route show`, `-6 route show`. */
export interface IpTexts {
  addresses: string;
  routes4: string;
  routes6: string;
}

/** Errors: `io/unexpected-output`. */
export function parseRunning({ addresses, routes4, routes6 }: IpTexts): Running {
  return {
    interfaces: parseList(addresses, link).map(makeInterface),
    routes: [...makeRoutes(routes4, 4), ...makeRoutes(routes6, 6)],
  };
}

function parseList<T extends z.ZodType>(text: string, item: T): z.output<T>[] {
  try {
    // Where there is nothing, older versions print nothing.
    return z.array(item).parse(text.trim() === '' ? [] : JSON.parse(text));
  } catch (error) {
    throw new KronosError('io/unexpected-output', 'ip printed something else than was asked for', {
      cause: error,
    });
  }
}

function makeInterface(one: z.output<typeof link>): RunningInterface {
  const { ifname, linkinfo, permaddr, master, mtu } = one;
  const data = linkinfo?.info_data ?? {};
  const burntIn = linkinfo?.info_slave_data?.perm_hwaddr ?? permaddr ?? one.address ?? '';
  const kind = linkinfo?.info_kind;
  return {
    ...{ index: one.ifindex, name: ifname, mac: burntIn.toLowerCase(), kind, master, mtu },
    parent: kind === 'vlan' ? (one.link ?? undefined) : undefined,
    tag: kind === 'vlan' && typeof data['id'] === 'number' ? data['id'] : undefined,
    bondMode: kind === 'bond' ? String(data['mode']) : undefined,
    lacpFast: data['ad_lacp_rate'] === 'fast',
    addresses: one.addr_info.flatMap((info) => {
      const { local, prefixlen, scope, dynamic, mngtmpaddr, protocol } = info;
      // A site is what fec0::/10 was once for, and what ifupdown may say of an address (scope site).
      if (local === undefined || (scope !== 'global' && scope !== 'site')) return [];
      if (info.temporary === true) return [];
      const family = info.family === 'inet6' ? 6 : 4;
      const learnt = dynamic === true || mngtmpaddr === true || protocol === 'kernel_ra';
      return [{ family, address: `${local}/${prefixlen}`, dynamic: learnt }];
    }),
  };
}

function makeRoutes(text: string, family: 4 | 6): RunningRoute[] {
  return parseList(text, route).map(({ dst, gateway, dev, protocol, metric }) => ({
    family,
    // A host is printed without its length.
    to: dst === 'default' || dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    ...{ via: gateway, interface: dev, protocol, metric },
  }));
}

/** The default route that counts: IPv4 before IPv6, then the lowest metric. */
export function findDefaultRoute({ routes }: Running): RunningRoute | undefined {
  return routes
    .filter(({ to, interface: name }) => to === 'default' && name !== undefined)
    .sort((a, b) => a.family - b.family || a.metric - b.metric)[0];
}
