// What keeps a host from being adopted, and what a host file would not keep.
import test from 'ava';
import { deriveNetworks, type NetworkFacts } from '../../../src/firstboot/adopt/derive.ts';
import type { Configured } from '../../../src/firstboot/adopt/configured.ts';
import { standingOn } from '../../../src/firstboot/adopt/base.ts';
import { parseRunning } from '../../../src/firstboot/adopt/running.ts';
import { printLinks, ROUTER4, type Link } from './hosts.ts';

const A = '52:54:00:12:34:56';
const B = '52:54:00:12:34:57';

interface More {
  routes4?: object[];
  routes6?: object[];
  configured?: Record<string, Partial<Configured>>;
}

function facts(
  links: Link[],
  { routes4 = [ROUTER4], routes6 = [], configured = {} }: More = {},
): NetworkFacts {
  const named = Object.entries(configured).map(([name, one]): [string, Configured] => [
    name,
    { source: 'a file', ipv4: undefined, ipv6: undefined, dns: [], search: [], ...one },
  ]);
  const namesOf = (is: (link: Link) => boolean | undefined): Set<string> =>
    new Set(links.filter((link) => is(link) === true).map(({ name }) => name));
  return {
    running: parseRunning({
      ...{ addresses: printLinks(links), routes4: JSON.stringify(routes4) },
      routes6: JSON.stringify(routes6),
    }),
    manager: 'ifupdown',
    ...{ wired: namesOf((link) => link.card), wireless: namesOf((link) => link.wireless) },
    configured: new Map(named),
    ...{ resolver: { dns: [], search: [] }, identifiers: new Map() },
  };
}

const CARD = { name: 'ens3', mac: A, card: true, addresses: ['192.0.2.10/24'] };

test('what cannot become a port of Open vSwitch is refused, with what it is', (t) => {
  const refused = (links: Link[], dev: string, code: string, message: RegExp): void => {
    t.throws(() => deriveNetworks(facts(links, { routes4: [{ ...ROUTER4, dev }] })), {
      ...{ code, message },
    });
  };
  refused(
    [
      { ...CARD, master: 'br0' },
      { name: 'br0', mac: A, kind: 'bridge', addresses: [] },
    ],
    'br0',
    'host/cannot-adopt-bridge',
    /br0 is a bridge already/,
  );
  refused(
    [{ name: 'wlan0', mac: A, wireless: true }],
    'wlan0',
    'host/cannot-adopt-wireless',
    /wlan0 is a wireless card/,
  );
  refused(
    [{ name: 'wg0', mac: '', kind: 'wireguard' }],
    'wg0',
    'host/cannot-adopt-interface',
    /wg0 is a wireguard, not a network card/,
  );
  refused(
    [
      { name: 'bond0', mac: A, kind: 'bond', data: { mode: 'balance-rr' } },
      { ...CARD, master: 'bond0' },
    ],
    'bond0',
    'host/cannot-adopt-bond',
    /of the mode balance-rr/,
  );
  refused(
    [{ name: 'bond0', mac: A, kind: 'bond', data: { mode: '802.3ad' } }],
    'bond0',
    'host/cannot-adopt-interface',
    /bond without cards/,
  );
  refused(
    [{ ...CARD, addresses: ['192.0.2.10/24', '192.0.2.11/24'] }],
    'ens3',
    'host/cannot-adopt-addresses',
    /further address 192.0.2.11\/24/,
  );
  // A bridge of guests on a VLAN of the same card would lose it.
  const vlan = {
    name: 'ens3.40',
    mac: A,
    kind: 'vlan',
    parent: 'ens3',
    data: { id: 40 },
    master: 'br40',
  };
  refused([CARD, vlan], 'ens3', 'host/cannot-adopt-bridge', /ens3.40 is a port of br40/);
  t.throws(() => deriveNetworks(facts([CARD], { routes4: [] })), {
    code: 'host/cannot-adopt-no-route',
  });
});

test('the configuration says how an address is got, and where it says nothing the kernel does', (t) => {
  const modes = (addresses: string[], said: Partial<Configured> | undefined): string => {
    const configured = said === undefined ? {} : { ens3: said };
    const [one] = deriveNetworks(facts([{ ...CARD, addresses }], { configured })).networks;
    return `${one?.ipv4.mode ?? ''} ${one?.ipv6.mode ?? ''}`;
  };
  const both = ['192.0.2.10/24', '2001:db8::1/64'];
  t.is(modes(both, undefined), 'static static');
  t.is(modes(['192.0.2.10/24 dynamic', '2001:db8::1/64 dynamic'], undefined), 'dhcp auto');
  // A lease that never ends looks like a fixed address.
  t.is(modes(both, { ipv4: 'dhcp', ipv6: 'dhcp' }), 'dhcp dhcp');
  t.is(modes(['192.0.2.10/24'], { ipv4: 'static', ipv6: 'auto' }), 'static auto');
  t.is(modes(['192.0.2.10/24', '2001:db8::1/64 temporary'], { ipv4: 'static' }), 'static none');
});

test('further networks are kept, what a host file cannot say of them is told', (t) => {
  const other = { name: 'ens4', mac: B, card: true, addresses: ['10.8.0.5/24'] };
  const idle = { name: 'ens5', mac: '52:54:00:12:34:58', card: true };
  const docker = {
    name: 'docker0',
    mac: '02:42:00:00:00:01',
    kind: 'bridge',
    addresses: ['172.17.0.1/16'],
  };
  const routes4 = [
    { ...ROUTER4, metric: 200 },
    { dst: 'default', gateway: '10.8.0.1', dev: 'ens4', metric: 300, flags: [] },
    { dst: '10.0.0.0/8', gateway: '10.8.0.2', dev: 'ens4', flags: [] },
    { dst: '10.9.9.9', gateway: '192.0.2.9', dev: 'ens3', flags: [] },
  ];
  const { networks, lost } = deriveNetworks(
    facts([CARD, other, idle, docker], {
      routes4,
      configured: { ens4: { dns: ['10.8.0.53'], search: ['storage.example'] } },
    }),
  );
  t.deepEqual(
    networks.map(({ name }) => name),
    ['management', 'ens4'],
  );
  t.deepEqual(networks[0]?.routes, [{ to: '10.9.9.9/32', via: '192.0.2.9' }]);
  t.deepEqual(lost, [
    'the name server 10.8.0.53 of ens4',
    'the search domain storage.example of ens4',
    'the route to default by 10.8.0.1 on ens4',
    'the route to 10.0.0.0/8 by 10.8.0.2 on ens4',
  ]);
  // Two of them would be equal, and the kernel would choose.
  t.deepEqual(networks[1]?.ipv4, { mode: 'static', address: '10.8.0.5/24' });
});

test('search domains are those of the interface and of the resolver, but none that DHCP named', (t) => {
  const resolver = { dns: ['192.0.2.53'], search: ['example.net', 'lab.example.'] };
  const named = (configured: Partial<Configured>): string => {
    const { networks, lost } = deriveNetworks({
      ...facts([CARD], { configured: { ens3: configured } }),
      resolver,
    });
    const [{ dns, search } = { dns: [], search: [] }] = networks;
    return [dns.join(' '), search.join(' '), ...lost].join(' | ');
  };
  const ipv4 = 'static';
  t.is(named({ ipv4 }), '192.0.2.53 | example.net lab.example');
  t.is(named({ ipv4, dns: ['192.0.2.1'] }), '192.0.2.1 | example.net lab.example');
  t.is(named({ ipv4, search: ['a.example'] }), '192.0.2.53 | a.example example.net lab.example');
  t.is(named({ ipv4: 'dhcp', search: ['a.example'] }), ' | a.example');
  t.is(
    named({ ipv4: 'dhcp', dns: ['fe80::53%ens3'], search: ['a_b'] }),
    ' |  | the name server fe80::53%ens3 of ens3 | the search domain a_b of ens3',
  );
});

test('a static IPv6 address stays, site-local or beside those of a router, which are told', (t) => {
  const router = { dst: 'default', gateway: 'fe80::1', dev: 'ens3', protocol: 'ra', metric: 1024 };
  const adopted = (addresses: string[], ipv6: Configured['ipv6']): unknown => {
    const configured = { ens3: { ipv4: 'static' as const, ipv6 } };
    const links = [{ ...CARD, addresses: [...CARD.addresses, ...addresses] }];
    const { networks, lost } = deriveNetworks(facts(links, { configured, routes6: [router] }));
    return [networks[0]?.ipv6, lost];
  };
  t.deepEqual(adopted(['fec0::10/64'], 'static'), [
    { mode: 'static', address: 'fec0::10/64', gateway: 'fe80::1' },
    [],
  ]);
  t.deepEqual(adopted(['2001:db8::10/64', '2001:db8::aa/64 dynamic'], 'auto'), [
    { mode: 'static', address: '2001:db8::10/64', gateway: 'fe80::1' },
    ['2001:db8::aa/64 of ens3, which a router gives beside the static address'],
  ]);
  t.deepEqual(adopted(['2001:db8::aa/64 dynamic'], 'auto'), [{ mode: 'auto' }, []]);
});

test('a host with IPv6 only has its router from the neighbourhood', (t) => {
  const links = [{ ...CARD, addresses: ['2001:db8::10/64'] }];
  const routes6 = [
    { dst: 'default', gateway: 'fe80::1', dev: 'ens3', protocol: 'ra', metric: 1024 },
  ];
  const [one] = deriveNetworks(facts(links, { routes4: [], routes6 })).networks;
  t.deepEqual(one?.ipv6, { mode: 'static', address: '2001:db8::10/64', gateway: 'fe80::1' });
  t.deepEqual(one?.ipv4, { mode: 'none' });
});

test('bonds and VLANs on cards go from the top', (t) => {
  const links: Link[] = [
    { ...CARD, master: 'bond0' },
    { name: 'bond0', mac: A, kind: 'bond', data: { mode: '802.3ad' } },
    { name: 'bond0.7', mac: A, kind: 'vlan', parent: 'bond0', data: { id: 7 } },
    { name: 'ens4', mac: B, card: true },
    { name: 'ens4.8', mac: B, kind: 'vlan', parent: 'ens4', data: { id: 8 } },
  ];
  t.deepEqual(standingOn(facts(links).running, new Set(['ens3'])), ['bond0.7', 'bond0']);
  t.deepEqual(standingOn(facts(links).running, new Set(['ens4'])), ['ens4.8']);
});
