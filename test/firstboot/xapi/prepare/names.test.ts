import test from 'ava';
import fc from 'fast-check';
import { renameCommands } from '../../../../src/firstboot/network/cards.ts';
import { nameCards, planCardNames } from '../../../../src/firstboot/xapi/prepare/names.ts';

const mac = (last: number): string => `52:54:00:00:00:${last.toString(16).padStart(2, '0')}`;

test('the cards of the host file come first, then all others', (t) => {
  const found = [
    { name: 'enp1s0', mac: mac(1) },
    { name: 'enp2s0', mac: mac(2) },
    { name: 'enp3s0', mac: mac(3) },
  ];
  const names = nameCards([mac(3).toUpperCase()], found, {});
  t.deepEqual(names, { [mac(3)]: 'eth0', [mac(1)]: 'eth1', [mac(2)]: 'eth2' });
  t.deepEqual(planCardNames(names, found), [
    { from: 'enp1s0', to: 'eth1' },
    { from: 'enp2s0', to: 'eth2' },
    { from: 'enp3s0', to: 'eth0' },
  ]);
});

test('a card that was replaced gets a new name, the others keep theirs', (t) => {
  const before = { [mac(1)]: 'eth0', [mac(2)]: 'eth1' };
  const found = [
    { name: 'eth0', mac: mac(9) },
    { name: 'eth1', mac: mac(1) },
  ];
  const names = nameCards([mac(1)], found, before);
  t.deepEqual(names, { ...before, [mac(9)]: 'eth2' });
  t.deepEqual(planCardNames(names, found), [
    { from: 'eth0', to: 'eth2' },
    { from: 'eth1', to: 'eth0' },
  ]);
});

const macs = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 8 });

test('whatever the kernel calls them, every card ends with the name that is its own', (t) => {
  fc.assert(
    fc.property(macs, macs, fc.boolean(), (earlier, now, renamed) => {
      const before = nameCards(earlier.map(mac), [], {});
      const found = now.map((one, index) => ({
        name: renamed ? `eth${index}` : `enp${index}s0`,
        mac: mac(one),
      }));
      const names = nameCards([], found, before);
      t.is(new Set(Object.values(names)).size, Object.keys(names).length, 'no name twice');
      for (const [one, name] of Object.entries(before)) t.is(names[one], name);
      const there = new Map(found.map(({ name, mac: own }) => [name, own]));
      for (const [, , , , from = '', verb, to = ''] of renameCommands(
        planCardNames(names, found),
      )) {
        if (verb !== 'name') continue;
        t.false(there.has(to), `${to} is free`);
        there.set(to, there.get(from) ?? '');
        there.delete(from);
      }
      for (const [name, own] of there) t.is(names[own], name);
    }),
  );
});
