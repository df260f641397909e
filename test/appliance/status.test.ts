import test from 'ava';
import fc from 'fast-check';
import { addressesOf, modeOf } from '../../src/appliance/status-facts.ts';
import { renderStatus, type StatusFacts } from '../../src/appliance/status-screen.ts';
import { compareWithGolden } from '../golden.ts';

const FACTS: StatusFacts = {
  edition: 'debian-13',
  version: '0.1.0',
  summary: 'Debian 13 with Xen, Open vSwitch and the storage tools of a host',
  toolstack: 'xl',
  xen: '4.20.4',
  kernel: 'Linux 6.12.117+deb13-amd64',
  hostName: 'kronos',
  addresses: [
    { interface: 'enp0s2', address: '192.0.2.15' },
    { interface: 'enp0s2', address: '2001:db8::15' },
  ],
  mode: 'live',
  cpus: 2,
  memory: 1536,
};

const SCREENS: Record<string, StatusFacts> = {
  live: FACTS,
  'live-without-xen': { ...FACTS, xen: undefined, addresses: [] },
  rescue: { ...FACTS, mode: 'rescue', xen: undefined },
  installed: { ...FACTS, mode: undefined, hostName: 'rack-7-host-12.example' },
  'many-addresses': {
    ...FACTS,
    addresses: Array.from({ length: 9 }, (_, index) => ({
      interface: `xenbr${index}`,
      address: `192.0.2.${index}`,
    })),
  },
};

for (const [name, facts] of Object.entries(SCREENS)) {
  test(`the screen: ${name}`, async (t) => {
    await compareWithGolden(t, import.meta.url, `status-${name}.txt`, renderStatus(facts));
  });
}

test('where the machine is installed by itself, the screen does not say that nothing is written', (t) => {
  const screen = renderStatus({ ...FACTS, mode: 'unattended' });
  t.notRegex(screen, /nothing is written/);
  t.regex(screen, /Boot {10}live; a host file installs this machine by itself\n/);
});

test('whatever the facts, the screen fits 80x24 in ASCII', (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 100 });
  fc.assert(
    fc.property(
      fc.record({
        edition: text,
        version: text,
        summary: text,
        toolstack: text,
        xen: fc.option(text, { nil: undefined }),
        kernel: text,
        hostName: text,
        addresses: fc.array(fc.record({ interface: text, address: text })),
        mode: fc.option(fc.constantFrom('live', 'rescue', 'install', 'moon', 'toString'), {
          nil: undefined,
        }),
        cpus: fc.nat(),
        memory: fc.nat(),
      }),
      (facts) => {
        const screen = renderStatus(facts);
        const lines = screen.slice(0, -1).split('\n');
        return (
          lines.length <= 23 &&
          lines.every((line) => /^[\x20-\x7e]{0,80}$/.test(line)) &&
          /log in|root shell/i.test(screen)
        );
      },
    ),
    { numRuns: 50 },
  );
  t.pass();
});

test('the mode comes from the kernel command line', (t) => {
  t.is(modeOf('placeholder boot=kronos kronos.mode=rescue quiet\n'), 'rescue');
  t.is(modeOf('kronos.mode=live kronos.mode=rescue'), 'rescue');
  t.is(modeOf('boot=kronos console=hvc0'), 'live');
  t.is(modeOf('root=/dev/mapper/x xkronos.mode=live'), undefined);
});

test('addresses are those that others can reach', (t) => {
  const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) => ({
    address,
    family,
    internal,
    netmask: '',
    mac: '',
    cidr: null,
    ...(family === 'IPv6' ? { scopeid: 0 } : {}),
  });
  const found = addressesOf({
    lo: [info('127.0.0.1', 'IPv4', true)],
    xenbr0: [info('2001:db8::1', 'IPv6'), info('fe80::1', 'IPv6'), info('192.0.2.1', 'IPv4')],
    none: undefined,
    down: [info('169.254.7.7', 'IPv4')],
  } as Parameters<typeof addressesOf>[0]);
  t.deepEqual(found, [
    { interface: 'xenbr0', address: '192.0.2.1' },
    { interface: 'xenbr0', address: '2001:db8::1' },
  ]);
});
