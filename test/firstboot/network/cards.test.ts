import test from 'ava';
import { planRenames, renameCommands } from '../../../src/firstboot/network/cards.ts';
import type { Bridge } from '../../../src/firstboot/network/switch.ts';

const A = '52:54:00:00:00:0a';
const B = '52:54:00:00:00:0b';
const C = '52:54:00:00:00:0c';

const WANTED: Bridge[] = [
  {
    name: 'xenbr0',
    cards: [
      { name: 'nic0', mac: A },
      { name: 'nic1', mac: B },
    ],
    vlans: [],
  },
];

test('cards get their names by address, and those that have them are left alone', (t) => {
  const found = [
    { name: 'nic0', mac: A },
    { name: 'enp1s0', mac: B },
    { name: 'enp2s0', mac: C },
  ];
  t.deepEqual(planRenames(WANTED, found), [{ from: 'enp1s0', to: 'nic1' }]);
});

test('cards that changed places change names with each other', (t) => {
  const renames = planRenames(WANTED, [
    { name: 'nic1', mac: A },
    { name: 'nic0', mac: B },
  ]);
  t.deepEqual(
    renameCommands(renames).map((command) => command.slice(3).join(' ')),
    [
      ...['dev nic1 down', 'dev nic1 name kronos0', 'dev nic0 down', 'dev nic0 name kronos1'],
      ...['dev kronos0 name nic0', 'dev nic0 up', 'dev kronos1 name nic1', 'dev nic1 up'],
    ],
  );
});

test('a card that is gone is told with those that are there, and a name that another has', (t) => {
  const missing = t.throws(() => planRenames(WANTED, [{ name: 'enp2s0', mac: C }]));
  t.is(missing.message, `no network card with the address ${A}, ${B}; there are enp2s0 ${C}`);
  t.throws(() => planRenames(WANTED, []), { message: /there is none/ });
  const taken = [
    { name: 'enp0s0', mac: A },
    { name: 'nic1', mac: B },
    { name: 'nic0', mac: C },
  ];
  t.throws(() => planRenames(WANTED, taken), {
    code: 'host/card-name-taken',
    message: `the name nic0 belongs to the card ${C}, which no network uses`,
  });
});
