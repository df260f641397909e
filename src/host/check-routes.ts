// Static routes of the management network.
import { contains, firstOf, formatNetwork, parseAddress, parseNetwork } from './address.ts';
import type { Findings } from './findings.ts';
import type { HostFile } from './schema/host-file.ts';

/** Checks `network.management.routes`. */
export function checkRoutes(
  management: HostFile['network']['management'],
  findings: Findings,
): void {
  management.routes.forEach((route, index) => {
    const path = ['network', 'management', 'routes', index];
    const to = parseNetwork(route.to);
    const via = parseAddress(route.via);
    const same = management.routes.findIndex((other) => other.to === route.to);
    if (same < index) {
      findings.error('input/route-twice', `there is a route to ${route.to} already`, {
        path: [...path, 'to'],
        hint: 'keep one of the two',
      });
    }
    if (to.family !== via.family) {
      findings.error(
        'input/address-family',
        `an IPv${to.family} route cannot go by an IPv${via.family} router`,
        { path: [...path, 'via'], hint: 'use two addresses of the same kind' },
      );
      return;
    }
    if (to.address !== firstOf(to)) {
      findings.error('input/route-to-host', `${route.to} is a host in a network`, {
        path: [...path, 'to'],
        hint: `the network is ${formatNetwork(to)}; a single host ends in /${to.family === 4 ? 32 : 128}`,
      });
    }
    const own = to.family === 4 ? management.ipv4 : management.ipv6;
    if (own.mode === 'none') {
      findings.warn('input/route-without-address', `there is no IPv${to.family} address for it`, {
        path,
        hint: `set network.management.ipv${to.family}, or remove the route`,
      });
    } else if (own.mode === 'static' && to.family === parseNetwork(own.address).family) {
      if (contains(parseNetwork(own.address), via)) return;
      findings.warn(
        'input/gateway-outside',
        `the router ${route.via} is outside of ${formatNetwork(parseNetwork(own.address))}`,
        { path: [...path, 'via'], hint: 'a router must be in the network of the host' },
      );
    }
  });
}
