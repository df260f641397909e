import test from 'ava';
import {
  findMissing,
  makeSwitch,
  parseTable,
  staleArguments,
} from '../../../src/firstboot/network/read-switch.ts';
import type { Bridge } from '../../../src/firstboot/network/switch.ts';

const NONE = { ipv4: { mode: 'none' }, ipv6: { mode: 'none' } } as const;

const WANTED: Bridge[] = [
  {
    name: 'xenbr0',
    cards: [
      { name: 'nic0', mac: '52:54:00:00:00:0a' },
      { name: 'nic1', mac: '52:54:00:00:00:0b' },
    ],
    bond: { name: 'bond0', mode: 'lacp', fast: false },
    mtu: 9000,
    vlans: [{ name: 'xenbr0.30', tag: 30, addressing: NONE }],
  },
];

/** As ovs-vsctl 3.5 prints tables with --format=json: sets of one are bare, others are tagged. */
function tables(change: { tag?: number; members?: string[]; mode?: string; mtu?: number } = {}) {
  const { tag = 30, members = ['i1', 'i2'], mode = 'balance-tcp', mtu = 9000 } = change;
  const ids = members.map((id) => ['uuid', id]);
  return {
    bridge: `{"data":[["xenbr0",["set",[["uuid","p1"],["uuid","p2"],["uuid","p3"]]],["map",[["hwaddr","52:54:00:00:00:0A"]]]]],"headings":["name","ports","other_config"]}`,
    port: JSON.stringify({
      headings: ['_uuid', 'name', 'interfaces', 'tag', 'bond_mode', 'lacp'],
      data: [
        [['uuid', 'p1'], 'xenbr0', ['uuid', 'i0'], ['set', []], ['set', []], ['set', []]],
        [
          ['uuid', 'p2'],
          'bond0',
          ids.length === 1 ? ids[0] : ['set', ids],
          ['set', []],
          mode,
          'active',
        ],
        [['uuid', 'p3'], 'xenbr0.30', ['uuid', 'i3'], tag, ['set', []], ['set', []]],
      ],
    }),
    interface: JSON.stringify({
      headings: ['_uuid', 'name', 'mtu_request'],
      data: [
        [['uuid', 'i0'], 'xenbr0', mtu],
        [['uuid', 'i1'], 'nic0', mtu],
        [['uuid', 'i2'], 'nic1', mtu],
        [['uuid', 'i3'], 'xenbr0.30', ['set', []]],
      ],
    }),
  };
}

function read(change?: Parameters<typeof tables>[0]) {
  const { bridge, port, interface: cards } = tables(change);
  return makeSwitch(parseTable(bridge), parseTable(port), parseTable(cards));
}

test('a switch that is as it should be has nothing missing and nothing stale', (t) => {
  const actual = read();
  t.deepEqual(findMissing(WANTED, actual), []);
  t.deepEqual(staleArguments(WANTED, actual), []);
});

test('what is missing is told by what it is', (t) => {
  t.deepEqual(findMissing(WANTED, read({ tag: 31 })), ['VLAN 30 as xenbr0.30']);
  t.deepEqual(findMissing(WANTED, read({ mode: 'active-backup' })), ['port bond0 with nic0, nic1']);
  t.deepEqual(findMissing(WANTED, read({ members: ['i1'] })), ['port bond0 with nic0, nic1']);
  t.deepEqual(findMissing(WANTED, read({ mtu: 1500 })), [
    'frames of 9000 bytes on xenbr0',
    'frames of 9000 bytes on nic0',
    'frames of 9000 bytes on nic1',
  ]);
  t.deepEqual(findMissing(WANTED, { bridges: [], mtu: new Map() }), ['bridge xenbr0']);
});

test('a card leaves the port that it must not be in, a VLAN the wrong tag; the ports of guests stay', (t) => {
  t.deepEqual(staleArguments(WANTED, read({ members: ['i1'] })), [
    ...['--', '--if-exists', 'del-port', 'xenbr0', 'bond0'],
  ]);
  t.deepEqual(staleArguments(WANTED, read({ tag: 31 })), [
    ...['--', '--if-exists', 'del-br', 'xenbr0.30'],
  ]);
  t.deepEqual(staleArguments(WANTED, read({ mode: 'active-backup' })), []);
  const alone = {
    bridges: [
      {
        name: 'xenbr0',
        ports: [
          { name: 'nic0', interfaces: ['nic0'] },
          { name: 'vif1.0', interfaces: ['vif1.0'] },
        ],
      },
    ],
    mtu: new Map<string, number>(),
  };
  t.deepEqual(staleArguments(WANTED, alone), ['--', '--if-exists', 'del-port', 'xenbr0', 'nic0']);
});

test('what is no table is told', (t) => {
  t.throws(() => parseTable('ovs-vsctl: no such table'), { code: 'io/unexpected-output' });
});
