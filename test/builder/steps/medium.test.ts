import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patchBootSector, patchCore } from '../../../src/common/grub-bios.ts';
import test, { type ExecutionContext } from 'ava';
import { locateHostArea, writeHostArea } from '../../../src/builder/image/embed.ts';
import { findHostArea } from '../../../src/builder/image/host-area.ts';
import { formatHostArea } from '../../../src/host/area.ts';
import { findInIso } from '../../../src/builder/image/iso9660.ts';
import { layOutDisk, makeDisk, partitionArguments } from '../../../src/builder/steps/disk.ts';
import { espCalls, grubImageCalls } from '../../../src/builder/steps/grub.ts';
import { initrdAddition, makeInitrd } from '../../../src/builder/steps/initrd.ts';
import { graftPoint, isoArguments, makeIso, mediumFiles } from '../../../src/builder/steps/iso.ts';
import { makePxe, twinsOnMedium } from '../../../src/builder/steps/pxe.ts';
import { digestFile, digestOf } from '../../../src/common/digest.ts';
import { listFiles } from '../../../src/common/files.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { compareWithGolden } from '../../golden.ts';
import { toolsRoot } from '../../tools-root.ts';

const EPOCH = 1_790_000_000;
const LABEL = 'KRONOS_01234567';
const TEMPLATES = join(import.meta.dirname, '../../../../iso');
const MENU = {
  brand: 'Kronos',
  version: '0.1.0',
  edition: 'debian-13',
  architecture: 'amd64',
  label: LABEL,
  xenArguments: [],
  kernelArguments: [],
};

function lines(calls: readonly { tool: string; arguments: readonly string[] }[]): string {
  return calls.map((call) => `${call.tool}\n  ${call.arguments.join('\n  ')}\n`).join('');
}

test('the arguments of every tool', async (t) => {
  const grub = grubImageCalls({
    modules: '/grub-modules',
    output: '/out',
    earlyConfiguration: '/scratch/early.cfg',
    earlyPxeConfiguration: '/scratch/early-pxe.cfg',
  });
  const esp = espCalls(
    { image: '/out/efi.img', loader: '/out/B.EFI', marker: '/m' },
    LABEL,
    900_000,
  );
  const files = [
    { target: '/boot/vmlinuz', source: '/cache/vmlinuz' },
    { target: '/kronos/layers/host.squashfs', source: '/cache/host.squashfs' },
  ];
  const iso = {
    tool: 'xorriso',
    arguments: isoArguments(LABEL, EPOCH, '/grub', files, '/out/k.iso'),
  };
  const layout = layOutDisk({ efi: 2_097_152, data: 300_000_001 });
  const disk = { tool: 'sgdisk', arguments: partitionArguments(layout, LABEL, '/out/k.raw') };
  await compareWithGolden(t, import.meta.url, 'arguments.txt', lines([...grub, ...esp, iso, disk]));
});

test('paths with = and backslash reach xorriso whole', (t) => {
  const file = { target: '/a', source: '/tmp/x=1/b\\c' };
  t.is(graftPoint(file), '/a=/tmp/x\\=1/b\\\\c');
});

test('parts of a disk lie on whole MiB, one behind the other, the table fits at the end', (t) => {
  const { bios, efi, data, size } = layOutDisk({ efi: 1, data: 5_000_000 });
  t.deepEqual(
    [bios.offset, efi.offset, data.offset].map((each) => each % 1_048_576),
    [0, 0, 0],
  );
  t.is(efi.offset, bios.offset + bios.size);
  t.is(data.offset, efi.offset + efi.size);
  t.true(size >= data.offset + data.size + 34 * 512);
});

test("GRUB's sectors are told where core.img is, and the partition table's place is left alone", (t) => {
  const boot = patchBootSector(Buffer.alloc(512, 0xaa), 2048);
  t.is(boot.length, 440);
  t.is(boot.readBigUInt64LE(0x5c), 2048n);
  t.is(boot.readUInt16BE(0x66), 0x9090);
  const core = patchCore(Buffer.alloc(1024, 0xaa), 2048);
  t.is(core.readBigUInt64LE(0x1f4), 2049n);
  t.is(core.length, 1024);
});

test('the initrd carries the script and what it boots, behind the base, on a whole sector', async (t) => {
  const { directory, context } = await scene(t);
  const base = join(directory, 'base');
  const script = join(directory, 'kronos.sh');
  const layer = join(directory, 'host.squashfs');
  await writeFile(base, 'base'.repeat(129));
  await writeFile(script, 'mountroot() { :; }\n');
  await writeFile(layer, 'layer');
  const step = await context('initrd');
  const layers = [{ name: 'host', path: layer }];
  await makeInitrd({ base, script, layers, label: LABEL, epoch: EPOCH }, step);
  const made = await readFile(join(step.directory, 'initrd.img'));
  const described = [{ name: 'host', size: 5, sha256: digestOf('layer') }];
  const addition = initrdAddition('mountroot() { :; }\n', described, LABEL, EPOCH);
  t.deepEqual(made.subarray(1024), addition);
  t.true(addition.includes(`host 5 ${digestOf('layer')}\n`));
  t.true(made.subarray(516, 1024).every((byte) => byte === 0));
});

/** Small stand-ins for what the packages step leaves, with dates that must not show. */
async function scene(t: ExecutionContext) {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-medium-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const context = async (name: string) => {
    const step = { directory: join(directory, name), scratch: join(directory, `${name}.scratch`) };
    await mkdir(step.directory, { recursive: true });
    await mkdir(step.scratch, { recursive: true });
    return { ...step, progress: SILENT, signal: new AbortController().signal };
  };
  const file = async (name: string, content: string | Buffer) => {
    const path = join(directory, name);
    await writeFile(path, content);
    await utimes(path, Math.random() * 1e9, Math.random() * 1e9);
    return path;
  };
  return { directory, context, file };
}

async function inputs({ directory, file }: Awaited<ReturnType<typeof scene>>) {
  const grub = join(directory, 'grub');
  await mkdir(grub, { recursive: true });
  for (const name of [
    'eltorito.img',
    'core.img',
    'boot_hybrid.img',
    'boot.img',
    'efi.img',
    'grub.0',
    'grubx64.efi',
  ]) {
    await file(join('grub', name), Buffer.alloc(name === 'efi.img' ? 1_048_576 : 4096, name));
  }
  return {
    ...{ toolsRoot: '', templates: TEMPLATES, menu: MENU, grub, epoch: EPOCH },
    kernel: await file('vmlinuz', 'kernel'),
    xen: await file('xen.gz', 'xen'),
    initrd: await file('initrd.img', 'initrd'),
    layers: [
      { name: 'packages', path: await file('packages.squashfs', Buffer.alloc(70_000, 'p')) },
    ],
  };
}

test('two ISOs of the same parts are the same, and the host area is where it is said to be', async (t) => {
  const digests: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const place = await scene(t);
    const input = { ...(await inputs(place)), toolsRoot: toolsRoot(), name: 'k.iso' };
    const step = await place.context('iso');
    await makeIso(input, step);
    const iso = join(step.directory, 'k.iso');
    digests.push(await digestFile(iso));
    const area = await findHostArea(iso);
    const noted = JSON.parse(
      await readFile(join(step.directory, 'host-area.json'), 'utf8'),
    ) as unknown;
    t.deepEqual(noted, area);
    const bytes = await readFile(iso);
    t.deepEqual(bytes.subarray(area.offset, area.offset + area.size), formatHostArea());
    const kernel = await findInIso(iso, '/boot/vmlinuz');
    t.is(bytes.toString('utf8', kernel?.offset, (kernel?.offset ?? 0) + 6), 'kernel');
    t.is(await findInIso(iso, '/boot/nothing'), undefined);
    t.is(await findInIso(iso, '/boot'), undefined);
    await writeHostArea(iso, 'hostname: a\n');
    t.not(await digestFile(iso), digests.at(-1) ?? '');
    await writeHostArea(iso, undefined);
    t.is(digests.at(-1), await digestFile(iso));
    // A FAT or a GPT with a clock in it would only show a second later.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  t.is(digests[0], digests[1]);
});

test('two disk images of the same parts are the same, and hold the medium in their third partition', async (t) => {
  const digests: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const place = await scene(t);
    const input = { ...(await inputs(place)), toolsRoot: toolsRoot(), name: 'k.raw' };
    const step = await place.context('disk');
    await makeDisk(input, step);
    const image = join(step.directory, 'k.raw');
    digests.push(await digestFile(image));
    t.deepEqual(await locateHostArea(image), await findHostArea(image, 3 * 1_048_576));
  }
  t.is(digests[0], digests[1]);
});

test('the PXE tree holds the files of other steps themselves, for everybody to read', async (t) => {
  const place = await scene(t);
  const step = await place.context('pxe');
  const input = { ...(await inputs(place)), xenElf: await place.file('xen', 'elf') };
  await chmod(input.initrd, 0o600);
  const layer = input.layers[0]?.path ?? '';
  const { mtimeMs } = await stat(layer);
  await makePxe(input, step);
  const medium = new Map(mediumFiles(input).map(({ target, source }) => [target, source]));
  const twins = twinsOnMedium(['packages']);
  t.is(twins.size, 4);
  for (const [path, twin] of twins) {
    const [made, given] = await Promise.all([
      stat(join(step.directory, path)),
      stat(medium.get(`/${twin}`) ?? ''),
    ]);
    t.is(made.ino, given.ino, path);
    t.is(made.mode & 0o777, 0o644, path);
  }
  t.is((await stat(layer)).mtimeMs, mtimeMs, 'the date by which the digest of a layer is known');
});

test('the PXE tree is whole, and xen.cfg comes with xen.efi only', async (t) => {
  for (const withEfi of [false, true]) {
    const place = await scene(t);
    const step = await place.context('pxe');
    const xenElf = await place.file('xen', 'elf');
    const xenEfi = withEfi ? await place.file('xen.efi', 'efi') : undefined;
    await makePxe({ ...(await inputs(place)), xenElf, xenEfi }, step);
    const names = await listFiles(join(step.directory, 'pxe'));
    t.deepEqual(
      names,
      [
        ...[
          'README.txt',
          'boot.ipxe',
          'grub.0',
          'grub/grub.cfg',
          'grub/here.cfg',
          'grubx64.efi',
          'initrd.img',
        ],
        ...['layers/packages.squashfs', 'vmlinuz', 'xen', 'xen.gz'],
        ...(withEfi ? ['xen.cfg', 'xen.efi'] : []),
      ].sort(),
    );
  }
});
