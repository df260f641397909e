// Parsers of what others write: whatever the text is, they end, and what was put in comes out.
import test from 'ava';
import fc from 'fast-check';
import { KronosError } from '../../../src/common/error.ts';
import {
  describeIfupdown,
  parseStanzas,
  removeInterfaces,
  sourcesOf,
} from '../../../src/firstboot/adopt/ifupdown.ts';
import { parseIni, valuesOf } from '../../../src/firstboot/adopt/ini.ts';
import {
  clientIdentifier,
  duidIdentifier,
  identityLines,
  parseDefaultDuid,
} from '../../../src/firstboot/adopt/identity.ts';
import { describeNetplan, removeFromNetplan } from '../../../src/firstboot/adopt/netplan.ts';
import {
  describeKeyfile,
  parseClientIdentifier,
  parseDeviceState,
} from '../../../src/firstboot/adopt/network-manager.ts';
import {
  describeNetworkd,
  isOnlyOf,
  parseLinkState,
  plainServer,
} from '../../../src/firstboot/adopt/networkd.ts';
import { parseResolver } from '../../../src/firstboot/adopt/read-config.ts';

const PATH = '/etc/network/interfaces';
const wild = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          'auto',
          'iface',
          'inet',
          'inet6',
          'static',
          'dhcp',
          'source',
          'eth0',
          'inherits',
          '\\',
          '\n',
        ],
        ...[
          '\n',
          '#',
          ' ',
          '\t',
          '[Match]',
          '[',
          ']',
          'Name=',
          '=',
          'network:',
          '  ethernets:',
          '{',
          '}',
          "'",
        ],
      ),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('no text makes a parser fail in another way than by telling where the mistake is', (t) => {
  fc.assert(
    fc.property(wild, (text) => {
      const file = { path: PATH, text };
      describeIfupdown([file], 'eth0');
      removeInterfaces(file, new Set(['eth0']), 'remark');
      sourcesOf(file);
      describeNetworkd(file, []);
      isOnlyOf(file, { names: new Set(['eth0']), macs: new Set() });
      describeKeyfile(file);
      parseLinkState(text);
      parseDeviceState(text);
      parseClientIdentifier(text);
      parseResolver(text);
      parseDefaultDuid(text);
      identityLines(text);
      for (const work of [
        () => describeNetplan([file], { name: 'eth0', mac: '' }),
        () => removeFromNetplan(file, [{ name: 'eth0', mac: '' }], 'remark'),
      ]) {
        try {
          work();
        } catch (error) {
          t.true(error instanceof KronosError && error.location !== undefined);
        }
      }
    }),
  );
  t.pass();
});

const name = fc.stringMatching(/^[a-z]{2,4}[0-9](?:\.[0-9]{1,3})?$/);

/** Stanzas of several interfaces in any order, some on lines together. */
const interfaces = fc.uniqueArray(
  fc.record({
    name,
    method: fc.constantFrom('static', 'dhcp', 'manual'),
    family: fc.constantFrom('inet', 'inet6'),
    options: fc.array(
      fc.constantFrom('    mtu 1400', '\tup true \\\n  --more', '  # a remark', ''),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 5, selector: (one) => one.name },
);

test('stanzas that are taken out are gone, all others are what they were', (t) => {
  fc.assert(
    fc.property(interfaces, fc.integer({ min: 0, max: 31 }), (list, mask) => {
      const text = [
        `auto ${list.map((one) => one.name).join(' ')}`,
        ...list.flatMap((one) => [`iface ${one.name} ${one.family} ${one.method}`, ...one.options]),
        '',
      ].join('\n');
      const gone = new Set(
        list.filter((_one, index) => (mask >> index) & 1).map((one) => one.name),
      );
      const after = removeInterfaces({ path: PATH, text }, gone, 'remark');
      t.is(after === undefined, gone.size === 0);
      const left = { path: PATH, text: after ?? text };
      for (const one of list) {
        const before = describeIfupdown([{ path: PATH, text }], one.name);
        const now = describeIfupdown([left], one.name);
        if (gone.has(one.name)) t.is(now, undefined);
        else t.deepEqual({ ...now, source: '' }, { ...before, source: '' });
      }
      const named = parseStanzas(left)
        .filter(({ kind }) => kind === 'auto')
        .flatMap(({ words }) => words);
      t.deepEqual(
        named,
        list.map((one) => one.name).filter((one) => !gone.has(one)),
      );
      t.is(removeInterfaces(left, gone, 'remark'), undefined);
    }),
  );
});

test('methods of ifupdown: templates are inherited, several stanzas are one interface, a circle ends', (t) => {
  const text = `template iface one inet static
iface base inet static
  dns-nameservers 192.0.2.1
iface eth0 inet dhcp inherits base
iface eth0 inet static
iface eth0 inet6 auto
iface a inet dhcp inherits b
iface b inet manual inherits a
`;
  const files = [{ path: PATH, text }];
  t.deepEqual(describeIfupdown(files, 'eth0'), {
    source: `iface eth0 inet dhcp inherits base in ${PATH}, line 4`,
    ...{ ipv4: 'dhcp', ipv6: 'auto', dns: ['192.0.2.1'], search: [] },
  });
  t.is(describeIfupdown(files, 'a')?.ipv4, 'dhcp');
  t.is(describeIfupdown(files, 'b')?.ipv4, 'none');
});

test('an empty value of a section forgets those before it, a line goes on after a backslash', (t) => {
  const sections = parseIni(
    '[Network]\nDNS=1\nDNS=\nDNS=2 \\\n# remark\n  3\n[Network]\nDNS=4\n; end',
  );
  t.deepEqual(valuesOf(sections, 'Network', 'DNS'), ['2  3', '4']);
  t.deepEqual(
    ['[2001:db8::1]:53%eth0#dns', '192.0.2.1:53#a', '2001:db8::1#a', 'fe80::1%eth0'].map(
      plainServer,
    ),
    ['2001:db8::1', '192.0.2.1', '2001:db8::1', 'fe80::1'],
  );
});

test('a client identifier that is written for networkd is the one that was read', (t) => {
  const bytes = fc.uint8Array({ minLength: 4, maxLength: 20 });
  fc.assert(
    fc.property(
      bytes,
      fc.constantFrom(1, 2, 3, 4),
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
      (data, type, mac) => {
        const hex = Buffer.from(data).toString('hex');
        const address = Buffer.from(mac).toString('hex').match(/../g)?.join(':') ?? '';
        const duid = `000${type}${hex}`;
        const identifier = duidIdentifier(address, duid);
        const { ipv4 } = identityLines(identifier);
        const value = (key: string): string =>
          ipv4.find((line) => line.startsWith(`${key}=`))?.split('=')[1] ?? '';
        t.is(
          Number(value('IAID')).toString(16).padStart(8, '0'),
          address.replaceAll(':', '').slice(4),
        );
        t.is(value('DUIDRawData').replaceAll(':', ''), hex);
        // dhclient writes what can be printed as it is, and all else in octal.
        const text = [...Buffer.from(duid, 'hex')]
          .map((byte) =>
            byte > 32 && byte < 127 && byte !== 34 && byte !== 92
              ? String.fromCharCode(byte)
              : `\\${byte.toString(8).padStart(3, '0')}`,
          )
          .join('');
        t.is(parseDefaultDuid(`default-duid "${text}";\n`), duid);
      },
    ),
  );
  t.deepEqual(identityLines('01525400123456').ipv4, ['ClientIdentifier=mac']);
  t.is(parseDefaultDuid('default-duid 0:1:0:1:2b:aa;'), '000100012baa');
});

test('clients of ifupdown call the host by what they are told', (t) => {
  const facts = {
    mac: '52:54:00:12:34:56',
    leases: ['default-duid 0:3:0:1:aa;'],
    duid: '00:01:bb',
    settings: '',
  };
  const call = (...words: string[]): string | undefined =>
    clientIdentifier({ ...facts, arguments: words });
  t.is(call('/sbin/dhclient', '-4', '-i', 'eth0'), 'ff0012345600030001aa');
  t.is(call('dhclient', '-4', 'eth0'), undefined);
  t.is(call('dhcpcd:', 'eth0', '[ip4]'), '01525400123456');
  t.is(
    clientIdentifier({ ...facts, arguments: ['dhcpcd'], settings: '# x\nduid\n' }),
    'ff001234560001bb',
  );
  t.is(clientIdentifier({ ...facts, arguments: undefined }), undefined);
});

test('a file of networkd is of some interfaces only where it names them whole', (t) => {
  const owned = { names: new Set(['eth0', 'bond0']), macs: new Set(['52:54:00:00:00:0a']) };
  const only = (text: string, path = 'a.network'): boolean => isOnlyOf({ path, text }, owned);
  t.true(only('[Match]\nName=eth0\n'));
  t.true(only('[Match]\nMACAddress=52-54-00-00-00-0A\n'));
  t.false(only('[Match]\nName=eth0 eth1\n'));
  t.false(only('[Match]\nName=eth*\n'));
  t.false(only('[Match]\nDriver=virtio_net\n'));
  t.false(only('[Network]\nDHCP=yes\n'));
  t.true(only('[NetDev]\nName=bond0\nKind=bond\n', 'b.netdev'));
  t.false(only('[NetDev]\nName=br0\nKind=bridge\n', 'b.netdev'));
});

test('netplan: interfaces by name, address or pattern; yes and on are switches; what is left stands alone', (t) => {
  const text = `network:
  version: 2
  renderer: networkd
  ethernets:
    any: { match: { name: "en*" }, dhcp4: yes, dhcp6: on, nameservers: { addresses: ["2001:db8::1"] } }
    lan: { match: { macaddress: "52:54:00:00:00:0A" }, set-name: lan0, addresses: [{ "10.0.0.1/8": { label: x } }], accept-ra: no }
`;
  const file = { path: '/etc/netplan/a.yaml', text };
  const any = describeNetplan([file], { name: 'ens3', mac: '52:54:00:00:00:0b' });
  t.like(any, {
    ipv4: 'dhcp',
    ipv6: 'dhcp',
    dns: ['2001:db8::1'],
    source: 'ethernets.any in /etc/netplan/a.yaml, line 5',
  });
  const lan = { name: 'lan0', mac: '52:54:00:00:00:0a' };
  t.like(describeNetplan([file], lan), { ipv4: 'static', ipv6: 'none' });
  const left = removeFromNetplan(file, [lan], 'remark') ?? '';
  t.false(left.includes('lan0'));
  t.is(removeFromNetplan({ ...file, text: left }, [lan], 'remark'), undefined);
  t.is(removeFromNetplan({ ...file, text: left }, [{ name: 'ens3', mac: '' }], 'remark'), '');
});

test('name servers on the host itself are not written down', (t) => {
  t.deepEqual(
    parseResolver(
      '# x\nnameserver 127.0.0.1\nnameserver 192.0.2.1\n nameserver ::1\nsearch a b\ndomain c\n',
    ),
    {
      ...{ dns: ['192.0.2.1'], search: ['a', 'b', 'c'] },
    },
  );
});
