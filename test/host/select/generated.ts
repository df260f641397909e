// Machines and selectors for property tests. Values come from small pools, so that equal serial numbers, twins, ties and
// near misses are common; each clause carries what it means as a predicate, so that a judge needs none of our parsers.
import fc from 'fast-check';
import type { Content, Disk } from '../../../src/host/inventory.ts';
import type { DiskMatch } from '../../../src/host/schema/disks.ts';
import type { DiskSelector } from '../../../src/host/select/disks.ts';

const GB = 1e9;
const SIZES = [0, 100 * GB, 100.4 * GB, 200 * GB, 480 * GB, 480 * GB, 2000 * GB];
const SERIALS = ['S1', 's1 ', 'S2', 'S12', '0000', '  ', 'S*', 'Ünïcode\u0007', 'ser"ial\\'];
const MODELS = ['ALPHA 1', 'alpha 1', 'BETA', 'BETA *', '', 'x'.repeat(90)];
const WWNS = ['0x5000A', '0x5000a', '0x5000b', '0x0000', 'eui.0', 'eui.77'];
const NAMES = [
  'sda',
  'sdb',
  'nvme0n1',
  'vda',
  'cciss!c0d0',
  'sdaa',
  'xvda',
  'mmcblk0',
  'sd?',
  'nvme1n1',
];

const MEMBER_KINDS = ['raid', 'lvm', 'zfs', 'bcache', 'multipath'] as const;
const OTHER_KINDS = ['filesystem', 'partition-table', 'swap', 'crypt', 'iso9660', 'other'] as const;

const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
const from = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const maybe = <T>(values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: from(values) },
  );

const contents: fc.Arbitrary<Content[]> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Content[]>([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      from(OTHER_KINDS).map((kind): Content => ({ partition: 1, kind, type: kind })),
      { minLength: 1, maxLength: 2 },
    ),
  },
  {
    weight: 2,
    arbitrary: from(MEMBER_KINDS).map((kind): Content[] => [
      { partition: 0, kind: 'partition-table', type: 'gpt' },
      { partition: 2, kind, type: `${kind}_member`, group: 'grp' },
    ]),
  },
);

interface Body {
  size: number;
  serial: string | undefined;
  model: string | undefined;
  wwn: string | undefined;
  transport: Disk['transport'];
  rotational: boolean;
  removable: boolean;
  readOnly: boolean;
  contents: Content[];
  mounted: boolean;
  held: boolean;
  multipath: boolean;
  boot: boolean;
  kronos: boolean;
  /** Another path to the disk before it in the list. */
  twin: boolean;
}

const body: fc.Arbitrary<Body> = fc.record({
  size: from(SIZES),
  serial: maybe(SERIALS),
  model: maybe(MODELS),
  wwn: maybe(WWNS),
  transport: from(['sata', 'nvme', 'usb', 'virtio']),
  rotational: fc.boolean(),
  removable: rarely,
  readOnly: rarely,
  contents,
  mounted: rarely,
  held: rarely,
  multipath: rarely,
  boot: rarely,
  kronos: rarely,
  twin: rarely,
});

/** The disks of one machine. */
export const machine: fc.Arbitrary<Disk[]> = fc
  .tuple(fc.array(body, { maxLength: 6 }), fc.shuffledSubarray(NAMES, { minLength: 6 }))
  .map(([bodies, names]) => {
    const disks: Disk[] = [];
    for (const [index, one] of bodies.entries()) {
      const name = names[index] ?? `sd${index}`;
      const links = [`/dev/disk/by-id/id-${one.serial ?? index}`, `/dev/disk/by-path/pci-${index}`];
      const before = disks.at(-1);
      disks.push(
        one.twin && before !== undefined ? { ...before, name, links } : makeDisk(name, links, one),
      );
    }
    return disks;
  });

function makeDisk(name: string, links: string[], one: Body): Disk {
  return {
    name,
    links,
    size: one.size,
    logicalSector: 512,
    physicalSector: 512,
    transport: one.transport,
    rotational: one.rotational,
    removable: one.removable,
    readOnly: one.readOnly,
    contents: one.contents,
    mounts: one.mounted ? ['/mnt'] : [],
    holders: one.held ? ['md0'] : [],
    bootMedium: one.boot,
    ...(one.serial === undefined ? {} : { serial: one.serial }),
    ...(one.model === undefined ? {} : { model: one.model }),
    ...(one.wwn === undefined ? {} : { wwn: one.wwn }),
    ...(one.multipath ? { multipath: 'mpatha' } : {}),
    ...(one.kronos ? { installed: { version: '0.1.0', hostname: 'xen' } } : {}),
  };
}

/** A clause of a selector and what it means. */
export interface MeantClause {
  match: DiskMatch;
  fits: (disk: Disk) => boolean;
  /** The clause names disks by their whole serial number or WWN. */
  names?: boolean;
  /** Each of several values is meant for one disk. */
  list?: 'serial' | 'wwn' | undefined;
  /** The device path that is named, without wildcards. */
  place?: string;
}

const sizes: fc.Arbitrary<MeantClause> = from<MeantClause>([
  { match: { size: '>= 100 GB' }, fits: ({ size }) => size >= 100e9 },
  { match: { size: '> 100 GB' }, fits: ({ size }) => size > 100e9 },
  { match: { size: '<= 200GB' }, fits: ({ size }) => size <= 200e9 },
  { match: { size: '< 200 GB' }, fits: ({ size }) => size < 200e9 },
  { match: { size: '= 480 GB' }, fits: ({ size }) => size === 480e9 },
  { match: { size: '100 GB' }, fits: ({ size }) => size >= 99e9 && size <= 101e9 },
  { match: { size: '0.2 TB .. 480 GB' }, fits: ({ size }) => size >= 200e9 && size <= 480e9 },
]);

function texts(
  key: 'serial' | 'model' | 'wwn',
  exact: readonly string[],
): fc.Arbitrary<MeantClause> {
  const named = key !== 'model';
  const [first = '', second = ''] = exact;
  return fc.oneof(
    fc.constant({
      match: { [key]: [first, second] },
      list: key === 'model' ? undefined : key,
      names: named,
      fits: (disk: Disk) => same(disk[key], first) || same(disk[key], second),
    }),
    from(exact).map((value) => ({
      match: { [key]: value },
      names: named,
      fits: (disk: Disk) => same(disk[key], value),
    })),
    from<MeantClause>([
      { match: { [key]: '*' }, fits: (disk) => (disk[key] ?? '').trim() !== '' },
      { match: { [key]: 's?' }, fits: (disk) => /^s.$/iu.test((disk[key] ?? '').trim()) },
      { match: { [key]: '*A*' }, fits: (disk) => /a/i.test(disk[key] ?? '') },
      { match: { [key]: '0x5*' }, fits: (disk) => /^0x5/i.test((disk[key] ?? '').trim()) },
    ]),
  );
}

function same(found: string | undefined, wanted: string): boolean {
  return (found ?? '').trim() !== '' && found?.trim().toLowerCase() === wanted.trim().toLowerCase();
}

const places: fc.Arbitrary<MeantClause> = fc.oneof(
  from(['/dev/sda', '/dev/nvme0n1', '/dev/disk/by-path/pci-1', '/dev/disk/by-id/id-S1']).map(
    (place) => ({
      match: { path: place },
      place,
      fits: (disk: Disk) => [`/dev/${disk.name}`, ...disk.links].some((own) => same(own, place)),
    }),
  ),
  fc.constant<MeantClause>({
    match: { path: '/dev/disk/by-path/*' },
    fits: () => true,
  }),
);

const flags: fc.Arbitrary<MeantClause> = from<MeantClause>([
  { match: { transport: 'nvme' }, fits: ({ transport }) => transport === 'nvme' },
  { match: { transport: ['sata', 'usb'] }, fits: ({ transport }) => /sata|usb/.test(transport) },
  { match: { rotational: false }, fits: ({ rotational }) => !rotational },
  { match: { removable: true }, fits: ({ removable }) => removable },
  { match: { content: 'kronos' }, fits: ({ installed }) => installed !== undefined },
]);

export interface MeantSelector {
  selector: DiskSelector;
  clauses: MeantClause[];
}

/** A selector of up to three clauses with its meaning. */
export const selector: fc.Arbitrary<MeantSelector> = fc
  .record({
    clauses: fc.array(
      fc.oneof(
        sizes,
        sizes,
        texts('serial', ['S1', ' s2', '0000']),
        texts('model', ['alpha 1', 'BETA']),
        texts('wwn', ['0x5000a', '0x5000b', 'eui.0']),
        places,
        flags,
      ),
      { maxLength: 3 },
    ),
    count: from([1, 1, 1, 2, 3]),
    pick: from([undefined, undefined, 'smallest', 'largest'] as const),
  })
  .map(({ clauses, count, pick }) => {
    // A key of a mapping is there once; the last one counts.
    const byKey = new Map(clauses.map((clause) => [Object.keys(clause.match)[0], clause]));
    const kept = [...byKey.values()];
    const match = Object.assign({}, ...kept.map((clause) => clause.match)) as DiskMatch;
    return { selector: { match, count, pick }, clauses: kept };
  });
