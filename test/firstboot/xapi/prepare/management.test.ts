import test from 'ava';
import { managementConf } from '../../../../src/firstboot/xapi/prepare/management.ts';
import { parseHostFile } from '../../../../src/host/read.ts';

async function confOf(lines: readonly string[], cards: readonly string[]): Promise<string[]> {
  const text = [
    ...['version: 1', 'hostname: xen01', 'root: { passwordHash: "!" }'],
    ...['disks: { system: { match: { serial: S1 } } }', 'network:', '  management:'],
    ...lines.map((line) => `    ${line}`),
  ].join('\n');
  const { hostFile } = await parseHostFile(`${text}\n`, 'host.yaml', { toolstack: 'xapi' });
  return managementConf(hostFile.network.management, cards).trimEnd().split('\n');
}

test('DHCP on one card', async (t) => {
  t.deepEqual(await confOf(['interface: { match: { mac: 52:54:00:00:00:01 } }'], ['eth0']), [
    "LABEL='eth0'",
    "MODE='dhcp'",
    "MODEV6='none'",
    "MANAGEMENT_ADDRESS_TYPE='IPv4'",
  ]);
});

test('a bond with a VLAN and a static address', async (t) => {
  t.deepEqual(
    await confOf(
      [
        'interface: { match: { driver: ixgbe }, count: 2 }',
        'bond: { mode: active-backup }',
        'vlan: 20',
        'ipv4: { mode: static, address: 10.0.0.5/22, gateway: 10.0.0.1 }',
        'ipv6: { mode: auto }',
        'dns: [10.0.0.2, 10.0.0.3]',
        'search: [example.net, example.org]',
      ],
      ['eth0', 'eth1'],
    ),
    [
      "LABEL='bond0'",
      "MODE='static'",
      "MODEV6='autoconf'",
      "IP='10.0.0.5'",
      "NETMASK='255.255.252.0'",
      "GATEWAY='10.0.0.1'",
      "DNS='10.0.0.2,10.0.0.3'",
      "DOMAIN='example.net'",
      "VLAN='20'",
      "BOND_MODE='active-backup'",
      "BOND_MEMBERS='eth0,eth1'",
      "MANAGEMENT_ADDRESS_TYPE='IPv4'",
    ],
  );
});

test('a host without IPv4', async (t) => {
  t.deepEqual(
    await confOf(
      [
        'interface: { match: { mac: 52:54:00:00:00:01 } }',
        'ipv4: { mode: none }',
        'ipv6: { mode: static, address: "2001:db8::5/64", gateway: "2001:db8::1" }',
      ],
      ['eth0'],
    ),
    [
      "LABEL='eth0'",
      "MODE='none'",
      "MODEV6='static'",
      "IPv6='2001:db8::5/64'",
      "IPv6_GATEWAY='2001:db8::1'",
      "MANAGEMENT_ADDRESS_TYPE='IPv6'",
    ],
  );
});
