import test from 'ava';
import { formatError } from '../../../src/common/error.ts';
import { selectInterfaces, type InterfaceSelector } from '../../../src/host/select/interfaces.ts';
import { compareWithGolden } from '../../golden.ts';
import { readMachine } from '../machines.ts';

const REFUSED: readonly [name: string, machine: string, selector: InterfaceSelector][] = [
  ['more-cards', 'dell-r650-nvme', { match: { link: true }, count: 1 }],
  ['no-link', 'no-link', { match: { driver: 'igb', link: true }, count: 1 }],
  ['fewer-cards', 'raid-leftovers', { match: { link: true, speed: 1000 }, count: 2 }],
];

for (const [name, machine, selector] of REFUSED) {
  test(`refused: ${name}`, async (t) => {
    const inventory = await readMachine(machine);
    const text = formatError(
      t.throws(() => selectInterfaces(selector, inventory, 'network.management')),
    );
    const lines = text.split('\n').slice(0, -1);
    t.true(
      lines.every((line) => /^[ -~]{0,80}$/.test(line)),
      text,
    );
    await compareWithGolden(t, import.meta.url, `${name}.txt`, `${text}\n`);
  });
}

test('cards are taken by any of their clauses', async (t) => {
  const inventory = await readMachine('dell-r650-nvme');
  const take = (match: InterfaceSelector['match'], count = 1): string[] =>
    selectInterfaces({ match, count }, inventory, 'x').interfaces.map((card) => card.name);
  t.deepEqual(take({ mac: 'B0:7B:25:D1:0A:10' }), ['eno8303']);
  t.deepEqual(take({ path: '0000:31:00.*' }, 2), ['ens2f0np0', 'ens2f1np1']);
  t.deepEqual(take({ speed: 10000, driver: 'bnxt*' }, 2), ['ens2f0np0', 'ens2f1np1']);
  t.deepEqual(take({ name: 'eno84*' }), ['eno8403']);
  t.throws(() => take({ name: 'eno*' }), { code: 'host/interface-count' });
});
