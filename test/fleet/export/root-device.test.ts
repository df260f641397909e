// Disk selectors as root device hints: what can be said exactly, and nothing else.
import test from 'ava';
import * as fc from 'fast-check';
import { rootDevice } from '../../../src/fleet/export/root-device.ts';
import { disksSchema } from '../../../src/host/schema/disks.ts';
import { sizeFits } from '../../../src/host/select/clauses.ts';

function deviceOf(system: object) {
  return rootDevice(disksSchema.parse({ system }).system);
}

const SAID: readonly [object, object][] = [
  [{}, {}],
  [{ serial: 'S 1' }, { serial: 's== S 1' }],
  [{ serial: ['S1', 'S2'] }, { serial: '<or> S1 <or> S2' }],
  [{ model: '*SSD*' }, { model: '<in> SSD' }],
  [{ wwn: '0x5000c500a1b2c3d4', rotational: false }, { wwn: 's== 0x5000c500a1b2c3d4', rotational: false }],
  [{ size: '>= 100 GiB' }, { size: '>= 100' }],
  [{ size: '<2TiB' }, { size: '< 2048' }],
  [{ path: '/dev/disk/by-path/pci-0' }, { by_path: 's== /dev/disk/by-path/pci-0' }],
  [{ path: '/dev/sda' }, { name: 's== /dev/sda' }],
]; // prettier-ignore

test('what hints can say', (t) => {
  for (const [match, hints] of SAID) t.deepEqual(deviceOf({ match }).hints, hints);
});

const UNSAID: readonly [object, string][] = [
  [{ match: {}, raid: 1, count: 2 }, 'the system is mirrored over two disks, a hint names one'],
  [{ match: {}, pick: 'smallest' }, 'pick: smallest has no hint'],
  [{ match: { transport: 'nvme' } }, 'the clause transport has no hint'],
  [{ match: { content: 'empty' } }, 'the clause content has no hint'],
  [{ match: { serial: 'S?1' } }, 'the clause serial cannot be said exactly'],
  [{ match: { serial: ['S*', 'T'] } }, 'the clause serial cannot be said exactly'],
  [{ match: { model: 'a <or> b' } }, 'the clause model cannot be said exactly'],
  [{ match: { size: '>= 200 GB' } }, 'the clause size cannot be said exactly'],
  [{ match: { size: '<= 100 GiB' } }, 'the clause size cannot be said exactly'],
  [{ match: { size: '100 GiB' } }, 'the clause size cannot be said exactly'],
  [{ match: { path: '/dev/disk/by-id/ata-1' } }, 'the clause path cannot be said exactly'],
];

test('what they cannot is told', (t) => {
  for (const [system, reason] of UNSAID) t.deepEqual(deviceOf(system).reasons, [reason]);
});

test('a size that is said picks the same disks there as here', (t) => {
  const clause = fc
    .tuple(fc.constantFrom('>=', '<', '<=', '>'), fc.integer({ min: 1, max: 4 }))
    .map(([operator, bound]) => `${operator} ${bound} GiB`);
  // Around whole GiB, where rounding shows.
  const bytes = fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -2, max: 2 }))
    .map(([whole, more]) => Math.max(0, whole * 2 ** 30 + more));
  fc.assert(
    fc.property(clause, bytes, (size, disk) => {
      const hint = deviceOf({ match: { size } }).hints?.['size'];
      if (hint === undefined) return true;
      const [operator, bound] = String(hint).split(' ');
      const whole = Math.floor(disk / 2 ** 30);
      const there = operator === '<' ? whole < Number(bound) : whole >= Number(bound);
      return there === sizeFits(size, disk);
    }),
  );
  t.pass();
});
