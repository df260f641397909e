// What a reinstallation accepts as a host of ours, and what it refuses.
import test from 'ava';
import fc from 'fast-check';
import type { Content, Disk } from '../../../src/host/inventory.ts';
import { findInstalled, isKept } from '../../../src/installer/plan/existing.ts';
import {
  layOutSystem,
  type Layout,
  type PartitionWish,
} from '../../../src/installer/plan/layout.ts';

const GIB = 2 ** 30;
const PLAIN: PartitionWish = { swap: 0, storage: 'rest' };

/** A disk as a probe finds it after an installation. */
function installed(name: string, layout: Layout, raid: boolean): Disk {
  const mirrored = (role: string): boolean => raid && role !== 'bios' && role !== 'efi';
  return {
    ...{ name, links: [], size: layout.size + 12345, logicalSector: 512, physicalSector: 512 },
    ...{ transport: 'sata', rotational: false, removable: false, readOnly: false },
    ...{ mounts: [], holders: [], bootMedium: false },
    contents: [
      { partition: 0, kind: 'partition-table', type: 'gpt', size: layout.size },
      ...layout.partitions.map(({ number, role, name: partitionName, offset, size }): Content => ({
        ...{ partition: number, partitionName, offset, size },
        ...(mirrored(role)
          ? { kind: 'raid', type: 'linux_raid_member', uuid: `array-${role}` }
          : { kind: 'filesystem', type: 'ext4' }),
      })),
    ],
  };
}

function content(disk: Disk, name: string): Content {
  const found = disk.contents.find(({ partitionName }) => partitionName === `kronos-${name}`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

test('what was laid out is found again', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 4000 }),
      fc.constantFrom(0, GIB),
      fc.constantFrom('rest' as const, 0),
      fc.boolean(),
      (gigabytes, swap, storage, raid) => {
        const layout = layOutSystem(gigabytes * 1e9, { swap, storage });
        const names = raid ? ['sda', 'sdb'] : ['sda'];
        const disks = names.map((name) => installed(name, layout, raid));
        t.deepEqual(findInstalled(disks, raid, PLAIN).partitions, layout.partitions);
      },
    ),
    { numRuns: 300 },
  );
});

test('the table, the state and the storage are kept, and nothing else', (t) => {
  const layout = layOutSystem(100e9, PLAIN);
  const kept = installed('sda', layout, false).contents.filter((one) => isKept(one, layout));
  t.deepEqual(
    kept.map(({ partitionName }) => partitionName),
    [undefined, 'kronos-state', 'kronos-storage'],
  );
});

const REFUSED: Readonly<Record<string, [change: (disk: Disk) => void, message: RegExp]>> = {
  'another table': [
    (disk) => {
      disk.contents[0] = { partition: 0, kind: 'partition-table', type: 'dos' };
    },
    /there is no GPT on sda, but dos/,
  ],
  'no table': [
    (disk) => {
      disk.contents.shift();
    },
    /nothing is on sda/,
  ],
  'a partition of somebody else': [
    (disk) => {
      content(disk, 'storage').partitionName = 'data';
    },
    /partition 6 \(data\) of sda is none of Kronos/,
  ],
  'a partition without a name': [
    (disk) => {
      delete content(disk, 'root-b').partitionName;
    },
    /partition 4 of sda is none of Kronos/,
  ],
  'a part that is missing': [
    (disk) => {
      disk.contents = disk.contents.filter((one) => one !== content(disk, 'efi'));
    },
    /there is no partition kronos-efi on sda/,
  ],
  'a part that is there twice': [
    (disk) => {
      content(disk, 'root-b').partitionName = 'kronos-root-a';
    },
    /there are 2 partitions kronos-root-a on sda/,
  ],
  'partitions that overlap': [
    (disk) => {
      content(disk, 'state').offset = 2 ** 20;
    },
    /is not where Kronos puts one/,
  ],
  'a partition between two MiB': [
    (disk) => {
      content(disk, 'storage').offset = (content(disk, 'storage').offset ?? 0) + 512;
    },
    /partition 6 of sda is not where Kronos puts one/,
  ],
  'a partition behind the end of the disk': [
    (disk) => {
      disk.size /= 2;
    },
    /is not where Kronos puts one/,
  ],
  'an inventory without offsets': [
    (disk) => {
      for (const one of disk.contents) delete one.offset;
    },
    /the inventory does not say where partition 1 of sda begins/,
  ],
};

for (const [what, [change, message]] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, (t) => {
    const disk = installed('sda', layOutSystem(100e9, PLAIN), false);
    change(disk);
    t.throws(() => findInstalled([disk], false, PLAIN), { code: 'host/cannot-reinstall', message });
  });
}

test('refused: what an installation began and did not end', (t) => {
  const disk = installed('sda', layOutSystem(100e9, PLAIN), false);
  disk.installed = { version: 'unknown', hostname: 'unknown', unfinished: true };
  t.throws(() => findInstalled([disk], false, PLAIN), {
    code: 'host/cannot-reinstall',
    message: 'nothing can be kept: the installation on sda never ended',
  });
});

test('refused: what is no mirror, or not the same one', (t) => {
  const layout = layOutSystem(100e9, PLAIN);
  const pair = (): [Disk, Disk] => [installed('sda', layout, true), installed('sdb', layout, true)];
  const refuse = (disks: readonly Disk[], raid: boolean, message: RegExp): void => {
    t.throws(() => findInstalled(disks, raid, PLAIN), { code: 'host/cannot-reinstall', message });
  };
  t.notThrows(() => findInstalled(pair(), true, PLAIN));
  refuse(pair().slice(0, 1), false, /kronos-state of sda is one half of a mirror/);
  const single = [installed('sda', layout, false), installed('sdb', layout, false)];
  refuse(single, true, /kronos-state of sda is not part of a mirror/);
  const strangers = pair();
  content(strangers[1], 'storage').uuid = 'another';
  refuse(strangers, true, /kronos-storage is not one mirror on sda and sdb/);
  const larger = layOutSystem(200e9, PLAIN);
  refuse(
    [installed('sda', layout, true), installed('sdb', larger, true)],
    true,
    /not divided alike/,
  );
});

test('refused: sizes that are not those that are there', (t) => {
  const disk = installed('sda', layOutSystem(100e9, { ...PLAIN, swap: GIB }), false);
  const asked: Partial<PartitionWish>[] = [
    { efi: GIB },
    { root: 9 * GIB },
    { state: GIB },
    { swap: 2 * GIB },
    { storage: GIB },
    { storage: 0 },
    { slots: 1 },
  ];
  for (const wish of asked)
    t.throws(() => findInstalled([disk], false, { ...PLAIN, ...wish }), {
      code: 'host/cannot-reinstall',
      message: /^nothing can be kept: disks\.system\.partitions\./,
    });
  const same = { root: 8 * GIB, slots: 2 as const, state: 8 * GIB, swap: GIB };
  t.notThrows(() => findInstalled([disk], false, { ...PLAIN, ...same }));
});
