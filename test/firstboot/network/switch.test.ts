import test from 'ava';
import { linkFiles, networkFiles } from '../../../src/firstboot/network/files.ts';
import {
  managementInterface,
  planBridges,
  switchArguments,
  type NetworkCards,
} from '../../../src/firstboot/network/switch.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { compareWithGolden } from '../../golden.ts';

const A = { mac: '52:54:00:00:00:0a' };
const B = { mac: '52:54:00:00:00:0b' };
const C = { mac: '52:54:00:00:00:0c' };

const CASES: Record<string, { network: string; cards: NetworkCards[] }> = {
  'one-card-by-dhcp': {
    network: '{ management: { interface: { match: {} } } }',
    cards: [{ name: 'management', interfaces: [A] }],
  },
  'static-with-everything': {
    network: `
  management:
    interface: { match: {} }
    mtu: 9000
    ipv4: { mode: static, address: 10.0.0.5/24, gateway: 10.0.0.1 }
    ipv6: { mode: static, address: "2001:db8::5/64", gateway: "2001:db8::1" }
    dns: [10.0.0.2, "2001:db8::2"]
    search: [example.net]
    routes: [{ to: 10.9.0.0/16, via: 10.0.0.254 }]`,
    cards: [{ name: 'management', interfaces: [A] }],
  },
  'bond-and-vlans': {
    network: `
  management:
    interface: { match: {}, count: 2 }
    bond: { mode: lacp, lacpRate: fast }
    vlan: 20
    ipv6: { mode: auto }
  networks:
    - { name: guests, vlan: 30 }
    - { name: storage, interface: { match: { driver: ixgbe } }, mtu: 9000, ipv4: { mode: static, address: 10.8.0.5/24 } }
    - { name: backup, vlan: 40, interface: { match: { driver: ixgbe } } }`,
    cards: [
      { name: 'management', interfaces: [B, A] },
      { name: 'guests', interfaces: [B, A] },
      { name: 'storage', interfaces: [C] },
      { name: 'backup', interfaces: [C] },
    ],
  },
  'active-backup': {
    network: `
  management:
    interface: { match: {}, count: 2 }
    bond: { mode: active-backup }`,
    cards: [{ name: 'management', interfaces: [A, B] }],
  },
};

for (const [name, { network, cards }] of Object.entries(CASES)) {
  test(`switch and addresses: ${name}`, async (t) => {
    const text = `version: 1\nhostname: h\nroot: { passwordHash: "!" , sshKeys: [] }\ndisks: { system: { match: {} } }\nnetwork: ${network}\n`;
    const { hostFile } = await parseHostFile(text, 'host.yaml', {});
    const bridges = planBridges(hostFile.network, cards);
    const files = [...linkFiles(bridges), ...networkFiles(bridges)]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((file) => `## ${file.name}\n${file.text}`)
      .join('\n');
    const switches = switchArguments(bridges).join(' ').replaceAll(' -- ', '\n  ');
    await compareWithGolden(
      t,
      import.meta.url,
      `${name}.txt`,
      `management on ${managementInterface(hostFile.network)}\n\novs-vsctl ${switches}\n\n${files}`,
    );
    const names = bridges.flatMap((bridge) => [
      bridge.name,
      ...bridge.cards.map((card) => card.name),
      ...bridge.vlans.map((vlan) => vlan.name),
    ]);
    t.is(new Set(names).size, names.length);
    for (const each of names) t.true(each.length <= 15, each);
  });
}
