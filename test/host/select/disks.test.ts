import test, { type ExecutionContext } from 'ava';
import { formatError } from '../../../src/common/error.ts';
import type { Disk } from '../../../src/host/inventory.ts';
import { disksSchema } from '../../../src/host/schema/disks.ts';
import { selectDisks, type DiskSelector } from '../../../src/host/select/disks.ts';
import { resolveDisks } from '../../../src/host/select/resolve.ts';
import { compareWithGolden } from '../../golden.ts';
import { readMachine } from '../machines.ts';

/** Selectors that are refused, with the machine; the texts are golden files of the same name. */
const REFUSED: readonly [name: string, machine: string, selector: DiskSelector][] = [
  ['more-match', 'whitebox-sata-usb', { match: { size: '>= 10 GB' }, count: 1 }],
  [
    'none-matches',
    'whitebox-sata-usb',
    { match: { size: '>= 200 GB', transport: 'nvme', model: 'SAMSUNG*' }, count: 1 },
  ],
  ['fewer-match', 'whitebox-sata-usb', { match: { transport: 'nvme' }, count: 2 }],
  [
    'boot-medium-named',
    'whitebox-sata-usb',
    { match: { serial: '4C531001450902116324' }, count: 1 },
  ],
  ['raid-members', 'raid-leftovers', { match: { size: '>= 900 GB' }, count: 2 }],
  ['multipath-map', 'multipath-san', { match: { transport: 'fc' }, count: 1 }],
  ['twins', 'multipath-unassembled', { match: { transport: 'fc', size: '< 600 GB' }, count: 2 }],
  ['clones', 'virtual-clones', { match: { path: '/dev/sd*' }, count: 1, pick: 'largest' }],
  ['tie', 'two-nvme-equal', { match: {}, count: 1, pick: 'smallest' }],
  ['no-disk', 'no-disk', { match: { size: '>= 8 GB' }, count: 1 }],
  ['no-serials', 'virtual-virtio', { match: { transport: 'virtio' }, count: 1 }],
  [
    'long-texts',
    'sectors-4k',
    {
      match: {
        path: '/dev/disk/by-path/pci-0000:41:00.0-and-more-than-fits-into-one-line-of-a-console-nvme-1',
        serial: 'PHLN019400K31P6AGN',
      },
      count: 1,
    },
  ],
];

for (const [name, machine, selector] of REFUSED) {
  test(`refused: ${name}`, async (t) => {
    const inventory = await readMachine(machine);
    const text = formatError(t.throws(() => selectDisks(selector, inventory, 'disks.system')));
    checkLines(t, text);
    await compareWithGolden(t, import.meta.url, `${name}.txt`, `${text}\n`);
  });
}

const TAKEN: readonly [machine: string, selector: DiskSelector, names: string[]][] = [
  ['dell-r650-nvme', { match: { model: 'DELLBOSS*' }, count: 1 }, ['sda']],
  [
    'dell-r650-nvme',
    { match: { transport: 'nvme' }, count: 4 },
    ['nvme0n1', 'nvme1n1', 'nvme2n1', 'nvme3n1'],
  ],
  ['whitebox-sata-usb', { match: {}, count: 1, pick: 'smallest' }, ['nvme0n1']],
  ['whitebox-sata-usb', { match: { transport: ['nvme', 'sata'] }, count: 2 }, ['nvme0n1', 'sda']],
  ['raid-leftovers', { match: { size: '>= 100 GB' }, count: 1 }, ['sdd']],
  ['raid-leftovers', { match: { serial: 'phyf93110a960cgn ' }, count: 1 }, ['sda']],
  ['zfs-pool', { match: { rotational: false }, count: 1 }, ['sda']],
  ['zfs-pool', { match: { wwn: '0x5000CCA252C1A2B3' }, count: 1 }, ['sdb']],
  ['virtual-clones', { match: { path: '/dev/sdb' }, count: 1 }, ['sdb']],
  [
    'virtual-clones',
    { match: { path: '/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:1:0' }, count: 1 },
    ['sdb'],
  ],
  ['virtual-virtio', { match: {}, count: 1, pick: 'largest' }, ['vdb']],
  ['kronos-installed-raid1', { match: { content: 'kronos' }, count: 2 }, ['nvme0n1', 'nvme1n1']],
  ['hp-dl380-sas', { match: {}, count: 2, pick: 'smallest' }, ['sda', 'sdb']],
];

for (const [machine, selector, names] of TAKEN) {
  test(`taken on ${machine}: ${JSON.stringify(selector)}`, async (t) => {
    const selection = selectDisks(selector, await readMachine(machine), 'disks.system');
    t.deepEqual(
      selection.disks.map((disk) => disk.name),
      names,
    );
    t.deepEqual(
      selection.verdicts
        .filter((verdict) => verdict.chosen)
        .map(({ disk }) => disk.name)
        .sort(),
      names,
    );
  });
}

test('what would name a disk does not where it has a wildcard, or names another', async (t) => {
  const inventory = await readMachine('raid-leftovers');
  for (const serial of ['PHYF93110A960CG?', 'PHYF93110A*'])
    t.throws(() => selectDisks({ match: { serial }, count: 1 }, inventory, 'x'), {
      code: 'host/disk-count',
    });
});

test('another path to a disk that is in use is out, also when it is named', (t) => {
  const disk = (name: string, more: Partial<Disk>): Disk => ({
    name,
    links: [`/dev/disk/by-path/pci-${name}`],
    size: 100e9,
    logicalSector: 512,
    physicalSector: 512,
    transport: 'fc',
    wwn: '0x6000a',
    rotational: false,
    removable: false,
    readOnly: false,
    contents: [],
    mounts: [],
    holders: [],
    bootMedium: false,
    ...more,
  });
  const match = { path: '/dev/disk/by-path/pci-sdb', wwn: '0x6000A' };
  for (const use of [{ mounts: ['/srv'] }, { bootMedium: true }]) {
    const disks = [disk('sda', use), disk('sdb', {})];
    t.throws(() => selectDisks({ match, count: 1 }, { disks }, 'x'), { code: 'host/disk-count' });
  }
  const disks = [disk('sda', { multipath: 'mpatha' }), disk('sdb', {})];
  t.notThrows(() => selectDisks({ match, count: 1 }, { disks }, 'x'));
  t.throws(() => selectDisks({ match: { path: match.path }, count: 1 }, { disks }, 'x'));
});

/** Host files that cannot be carried out on a machine, though each selector alone may be right. */
const UNRESOLVED: readonly [name: string, machine: string, disks: unknown][] = [
  [
    'overlap',
    'hp-dl380-sas',
    {
      system: { match: { model: 'EG000300*' }, count: 2, raid: 1 },
      storage: [{ name: 'data', match: { transport: 'sas' }, count: 6 }],
    },
  ],
  [
    'not-empty',
    'whitebox-sata-usb',
    {
      system: { match: { transport: 'nvme' } },
      storage: [{ name: 'data', match: { path: '/dev/sda' } }],
    },
  ],
  ['installed', 'kronos-installed', { system: { match: { path: '/dev/nvme0n1' } } }],
  [
    'several',
    'raid-leftovers',
    {
      system: { match: { serial: 'PHYF93110A960CGN' } },
      storage: [{ name: 'data', match: { transport: 'nvme' } }],
    },
  ],
];

for (const [name, machine, disks] of UNRESOLVED) {
  test(`not resolved: ${name}`, async (t) => {
    const inventory = await readMachine(machine);
    const wanted = disksSchema.parse(disks);
    const text = formatError(t.throws(() => resolveDisks(wanted, inventory)));
    checkLines(t, text);
    await compareWithGolden(t, import.meta.url, `resolve-${name}.txt`, `${text}\n`);
  });
}

test('resolved disks come with the names of the host file', async (t) => {
  const resolved = resolveDisks(
    disksSchema.parse({
      system: { match: { model: 'EG000300*' }, count: 2, raid: 1 },
      storage: [{ name: 'data', match: { size: '>= 1 TB' }, count: 4 }],
    }),
    await readMachine('hp-dl380-sas'),
  );
  t.deepEqual(
    resolved.system.map((disk) => disk.name),
    ['sda', 'sdb'],
  );
  t.deepEqual(
    resolved.storage.map(({ name, disks }) => [name, disks.length]),
    [['data', 4]],
  );
});

test('what is on a disk may be erased where it is said, and kept by a reinstallation', async (t) => {
  const installed = await readMachine('kronos-installed');
  const match = { path: '/dev/nvme0n1' };
  t.notThrows(() =>
    resolveDisks(disksSchema.parse({ system: { match } }), installed, { reinstall: true }),
  );
  t.notThrows(() =>
    resolveDisks(disksSchema.parse({ system: { match, existing: 'erase' } }), installed),
  );
});

/** Everything but the hint, which is one sentence for one to wrap, fits a console. */
function checkLines(t: ExecutionContext, text: string): void {
  for (const line of text.split('\n'))
    t.true(line.startsWith('  hint: ') || /^[ -~]{0,80}$/.test(line), line);
}
