import test from 'ava';
import fc from 'fast-check';
import { KronosError } from '../../../src/common/error.ts';
import {
  layOutSystem,
  partitionOf,
  ROLES,
  SMALLEST_DISK,
  type PartitionWish,
} from '../../../src/installer/plan/layout.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const PLAIN: PartitionWish = { swap: 0, storage: 'rest' };

const size = (from: number, to: number): fc.Arbitrary<number> =>
  fc.maxSafeNat().map((n) => from + (n % (to - from)));
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const wishes: fc.Arbitrary<PartitionWish> = fc.record({
  efi: perhaps(size(64 * MIB, 4 * GIB)),
  root: perhaps(size(2 * GIB, 40 * GIB)),
  slots: perhaps(fc.constantFrom(1 as const, 2 as const)),
  state: perhaps(size(512 * MIB, 40 * GIB)),
  swap: fc.oneof(fc.constant(0), size(1, 8 * GIB)),
  storage: fc.oneof(fc.constant('rest' as const), fc.constant(0), size(1, 100 * GIB)),
});

test('partitions never overlap, lie on whole MiB and end before the disk does', (t) => {
  let laidOut = 0;
  fc.assert(
    fc.property(
      size(SMALLEST_DISK, 2e12),
      wishes,
      fc.constantFrom(512, 4096),
      (disk, wish, logicalSector) => {
        let layout;
        try {
          layout = layOutSystem(disk, wish, { logicalSector });
        } catch (error) {
          return (
            error instanceof KronosError &&
            ['host/disk-too-small', 'input/partition-size'].includes(error.code)
          );
        }
        laidOut += 1;
        let end = MIB;
        layout.partitions.forEach(({ number, role, name, offset, size: bytes }, index) => {
          if (number !== index + 1 || name !== `kronos-${role}`) throw new Error('numbers, names');
          if (offset < end || offset % MIB !== 0 || bytes % MIB !== 0 || bytes <= 0)
            throw new Error(`partition ${number}`);
          end = offset + bytes;
        });
        const roles = layout.partitions.map(({ role }) => role);
        if (roles.join() !== ROLES.filter((role) => roles.includes(role)).join())
          throw new Error(`order ${roles.join()}`);
        for (const key of ['efi', 'state', 'swap'] as const) {
          const wanted = wish[key] ?? 0;
          if (wanted > 0 && partitionOf(layout, key).size < wanted) throw new Error(key);
        }
        // The second table takes 33 sectors of 512 bytes, or 5 of 4096.
        return end + 5 * 4096 <= disk && layout.size <= disk;
      },
    ),
    { numRuns: 3000 },
  );
  t.true(laidOut > 1000, String(laidOut));
});

test('a layout fits the disk size that it says it needs, and nothing smaller', (t) => {
  fc.assert(
    fc.property(size(SMALLEST_DISK, 100e9), wishes, (disk, wish) => {
      const fixed = { ...wish, storage: 0 as const, slots: 1 as const, root: 3 * GIB, efi: GIB };
      const sized = { ...fixed, state: fixed.state ?? GIB };
      try {
        const { size: needed } = layOutSystem(disk, sized);
        if (needed < SMALLEST_DISK) return true;
        t.deepEqual(layOutSystem(needed, sized).size, needed);
        t.throws(() => layOutSystem(needed - 1, sized), { code: 'host/disk-too-small' });
      } catch (error) {
        return error instanceof KronosError && error.code === 'host/disk-too-small';
      }
      return true;
    }),
    { numRuns: 300 },
  );
});

test('the usual sizes, and the small ones below 32 GB', (t) => {
  const sizes = (disk: number): Record<string, number> =>
    Object.fromEntries(
      layOutSystem(disk, PLAIN).partitions.map(({ role, size: bytes }) => [role, bytes / MIB]),
    );
  t.deepEqual(sizes(10 * GIB), {
    ...{ bios: 1, efi: 256, 'root-a': 3072, state: 2048 },
    storage: 10 * 1024 - 2 - 1 - 256 - 3072 - 2048,
  });
  t.like(sizes(480e9), { efi: 512, 'root-a': 8192, 'root-b': 8192, state: 8192 });
  // No size in between fails for want of smaller defaults.
  for (let disk = SMALLEST_DISK; disk < 40e9; disk += 1e8)
    t.true(layOutSystem(disk, PLAIN).partitions.some(({ role }) => role === 'storage'));
});

test('a disk with wide sectors gets an EFI partition that can hold a FAT32', (t) => {
  const { partitions } = layOutSystem(10 * GIB, PLAIN, { logicalSector: 4096 });
  const efi = partitions.find(({ role }) => role === 'efi');
  // 65,525 clusters of one sector, and two tables of four bytes for each.
  t.true((efi?.size ?? 0) >= 65_525 * (4096 + 8));
  t.throws(() => layOutSystem(10 * GIB, { ...PLAIN, efi: 256 * MIB }, { logicalSector: 4096 }), {
    code: 'input/partition-size',
  });
  t.notThrows(() => layOutSystem(10 * GIB, { ...PLAIN, efi: 64 * MIB }));
});

test('what is left is no storage where it is next to nothing', (t) => {
  const fixed = { ...PLAIN, root: 3 * GIB, slots: 1 as const, state: 4.4 * GIB, efi: 64 * MIB };
  const { partitions } = layOutSystem(8e9 + 50 * MIB, fixed);
  t.false(partitions.some(({ role }) => role === 'storage'));
});
