// A small appliance as plain data, and the same as a real release with squashfs layers and an ISO.
import { chmod, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestData, digestOf } from '../../../src/common/digest.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT } from '../../../src/common/progress.ts';
import { describeContents } from '../../../src/builder/image/contents-file.ts';
import type { Entry, Layer } from '../../../src/builder/image/contents.ts';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import type { Manifest } from '../../../src/builder/manifest/manifest.ts';
import { listMedium } from '../../../src/builder/manifest/medium.ts';
import { writeRelease } from '../../../src/builder/manifest/release.ts';
import type { Recipe, Selection } from '../../../src/builder/recipe/recipe.ts';
import { toolCommand } from '../../../src/builder/tools.ts';

export const EPOCH = 1_700_000_000;
export const NAME = 'kronos-0.1.0-small-amd64';
const AREA_SIZE = 4096;

/** Stands for the real filler, which `verify` is given by its caller. */
export function pristine(size: number): Uint8Array {
  return Buffer.concat([Buffer.from('# host file\n'), Buffer.alloc(size, '\n')]).subarray(0, size);
}

export function recipe(name: string, facts: Partial<Recipe> = {}): Recipe {
  const location = { file: `recipes/${name}/recipe.yaml` };
  return {
    ...{
      name,
      summary: name,
      directory: `recipes/${name}`,
      layer: 'host',
      requires: [],
      origin: 'distribution',
    },
    ...{ packages: [], files: [], links: [], exclude: [], include: [], remove: [], generated: [] },
    ...{
      xenArguments: [],
      kernelArguments: [],
      modules: [],
      initrdModules: [],
      state: [],
      checks: [],
    },
    services: { enable: [], disable: [], mask: [] },
    location,
    ...facts,
  };
}

function locked(name: string, version: string, facts: Partial<LockedPackage> = {}): LockedPackage {
  return {
    ...{
      name,
      version,
      architecture: 'amd64',
      layer: 'host',
      recipe: 'base',
      asked: true,
      origin: 'distribution',
    },
    ...{ path: `pool/${name}.deb`, size: 100, sha256: digestOf(`${name} ${version}`) },
    ...facts,
  };
}

export const LOCK: Lock = {
  version: 1,
  edition: 'small',
  suite: 'trixie',
  architecture: 'amd64',
  epoch: EPOCH,
  requests: digestOf('requests'),
  origins: { distribution: { type: 'distribution', archive: 'debian' } },
  packages: [
    locked('editor', '2:9.1+dfsg-1~deb13u1'),
    locked('libc6', '2.41-12', { asked: false }),
    locked('libstdc++6', '14.2.0-19', { asked: false }),
    locked('rescue-tools', '1.0', { layer: 'live', recipe: 'live' }),
    locked('xorriso', '1.5.6-1.2+b1', { layer: 'tools', recipe: 'tools' }),
  ],
};

export const DEPENDENCIES = new Map([
  ['editor', ['libstdc++6']],
  ['libstdc++6', ['libc6']],
]);

export const SELECTION: Selection = {
  edition: {
    ...{
      name: 'small',
      summary: 'small',
      suite: 'trixie',
      architecture: 'amd64',
      recipes: ['base', 'live'],
    },
    ...{
      optional: [],
      origins: {},
      variables: {},
      location: { file: 'recipes/editions/small.yaml' },
    },
  },
  recipes: [recipe('base'), recipe('live', { layer: 'live' })],
  toolstack: { name: 'xl', reason: 'no origin is named for the recipe xapi' },
};

export function statusOf(packages: readonly LockedPackage[]): string {
  return packages
    .map(({ name, version, architecture }) => {
      const depends = (DEPENDENCIES.get(name) ?? []).join(', ');
      return `Package: ${name}\nStatus: install ok installed\nArchitecture: ${architecture}\nVersion: ${version}\n${
        depends === '' ? '' : `Depends: ${depends}\n`
      }`;
    })
    .join('\n');
}

/** A path of the fixture: a directory where neither content nor target is given. */
interface Item {
  path: string;
  content?: string;
  target?: string;
  mode?: number;
  owner?: string;
}

const HOST = LOCK.packages.filter(({ layer }) => layer === 'host');
const LIVE = LOCK.packages.filter(({ layer }) => layer !== 'tools');

export function items(): Record<'packages' | 'host' | 'live-packages', Item[]> {
  return {
    packages: [
      { path: '/' },
      { path: '/etc' },
      { path: '/etc/editor.conf', content: 'syntax on\n', owner: 'package:editor' },
      { path: '/usr' },
      { path: '/usr/bin' },
      { path: '/usr/bin/edit', target: 'editor', owner: 'generated:editor' },
      { path: '/usr/bin/editor', content: 'program\n', mode: 0o4755, owner: 'package:editor' },
      { path: '/usr/lib' },
      { path: '/usr/lib/a b\\c', content: '', owner: 'package:libc6' },
      { path: '/usr/lib/libc.so.6', content: 'library\n'.repeat(500), owner: 'package:libc6' },
      { path: '/usr/lib/libstdc++.so.6', content: 'library\n', owner: 'package:libstdc++6' },
      { path: '/var' },
      { path: '/var/lib' },
      { path: '/var/lib/dpkg' },
      { path: '/var/lib/dpkg/status', content: statusOf(HOST), owner: 'generated:dpkg' },
    ],
    host: [
      { path: '/' },
      { path: '/etc' },
      { path: '/etc/editor.conf', content: 'syntax off\n', mode: 0o600, owner: 'recipe:base' },
    ],
    'live-packages': [
      { path: '/' },
      { path: '/usr' },
      { path: '/usr/bin' },
      { path: '/usr/bin/rescue', content: 'program\n', mode: 0o755, owner: 'package:rescue-tools' },
      { path: '/var' },
      { path: '/var/lib' },
      { path: '/var/lib/dpkg' },
      { path: '/var/lib/dpkg/status', content: statusOf(LIVE), owner: 'generated:dpkg' },
    ],
  };
}

export function layersOf(all: ReturnType<typeof items> = items()): Layer[] {
  const names = ['packages', 'host', 'live-packages'] as const;
  return names.map((name, order) => ({
    name,
    order,
    live: name === 'live-packages',
    entries: all[name].map(toEntry),
  }));
}

function toEntry({ path, content, target, mode, owner }: Item): Entry {
  const common = { path, uid: 0, gid: 0, ...(owner === undefined ? {} : { owner }) };
  if (target !== undefined) return { ...common, type: 'symlink', mode: 0o777, target };
  if (content === undefined) return { ...common, type: 'directory', mode: 0o755 };
  const size = Buffer.byteLength(content);
  return { ...common, type: 'file', mode: mode ?? 0o644, size, sha256: digestOf(content) };
}

/** Makes NAME.iso and pxe/ in `directory` from items; returns where the area for a host file is. */
export async function makeMedium(
  directory: string,
  scratch: string,
  toolsRoot: string,
  all: ReturnType<typeof items> = items(),
): Promise<number> {
  const medium = join(scratch, 'medium');
  await rm(medium, { recursive: true, force: true });
  await mkdir(join(medium, 'kronos/layers'), { recursive: true });
  for (const [name, list] of Object.entries(all)) {
    const tree = join(scratch, name);
    await rm(tree, { recursive: true, force: true });
    await writeTree(tree, list);
    const times = ['-mkfs-time', String(EPOCH), '-all-time', String(EPOCH)];
    const args = [
      tree,
      join(medium, `kronos/layers/${name}.squashfs`),
      '-all-root',
      '-quiet',
      '-no-progress',
      ...times,
    ];
    await run(toolCommand(toolsRoot, 'mksquashfs', args), {
      environment: { PATH: '/usr/bin:/bin' },
    });
  }
  await mkdir(join(medium, 'boot'));
  await writeFile(join(medium, 'boot/vmlinuz'), 'kernel');
  await writeFile(join(medium, 'kronos/host.area'), pristine(AREA_SIZE));
  for (const path of ['boot/vmlinuz', 'kronos/host.area'])
    await utimes(join(medium, path), EPOCH, EPOCH);
  const iso = join(directory, `${NAME}.iso`);
  await mkdir(join(directory, 'pxe'), { recursive: true });
  await writeFile(join(directory, 'pxe/vmlinuz'), 'kernel');
  await rm(iso, { force: true });
  await run(
    toolCommand(toolsRoot, 'xorriso', [
      '-no_rc',
      '-as',
      'mkisofs',
      '-quiet',
      '-r',
      '-J',
      '-V',
      'SMALL',
      '--modification-date=2023111422132000',
      '--set_all_file_dates',
      '2023111422132000',
      '-o',
      iso,
      medium,
    ]),
    { environment: { PATH: '/usr/bin:/bin', SOURCE_DATE_EPOCH: String(EPOCH) } },
  );
  const area = (await listMedium(toolsRoot, iso)).find(({ path }) => path === 'kronos/host.area');
  return area?.offset ?? 0;
}

async function writeTree(tree: string, list: readonly Item[]): Promise<void> {
  for (const { path, content, target, mode } of list) {
    const full = join(tree, path);
    await mkdir(dirname(full), { recursive: true });
    if (target !== undefined) await symlink(target, full);
    else if (content !== undefined) await writeFile(full, content);
    else await mkdir(full, { recursive: true });
    // Not left to the umask.
    if (target === undefined) await chmod(full, content === undefined ? 0o755 : (mode ?? 0o644));
  }
}

/** A whole release in `directory`. */
export async function makeRelease(
  directory: string,
  scratch: string,
  toolsRoot: string,
  signKey?: string,
): Promise<Manifest> {
  const offset = await makeMedium(directory, scratch, toolsRoot);
  return writeRelease({
    ...{ directory, name: NAME, toolsRoot, kronos: '0.1.0', buildId: digestData('build'), signKey },
    ...{
      selection: SELECTION,
      lock: LOCK,
      dependencies: DEPENDENCIES,
      contents: () => Promise.resolve(describeContents(layersOf())),
      progress: SILENT,
    },
    recipes: SELECTION.recipes.map(({ name }) => ({ name, digest: digestOf(name) })),
    layerPath: (name) => `kronos/layers/${name}.squashfs`,
    iso: { label: 'SMALL', hostArea: { offset, size: AREA_SIZE } },
  });
}

/** The manifest of the fixture without any real file. */
export function plainManifestInput() {
  const layers = layersOf();
  const record = (path: string) => ({ path, size: path.length, sha256: digestOf(path) });
  return {
    ...{
      kronos: '0.1.0',
      name: NAME,
      edition: 'small',
      suite: 'trixie',
      architecture: 'amd64',
      epoch: EPOCH,
    },
    buildId: digestData('build'),
    toolstack: SELECTION.toolstack,
    lock: digestData(LOCK),
    recipes: ['live', 'base'].map((name) => ({ name, digest: digestOf(name) })),
    packages: LOCK.packages,
    dependencies: DEPENDENCIES,
    layers: layers.map(({ name, order, live, entries }) => ({
      ...{ name, order, live, entries: entries.length, contents: digestOf(`contents of ${name}`) },
      ...record(`kronos/layers/${name}.squashfs`),
    })),
    medium: ['kronos/layers/packages.squashfs', 'boot/vmlinuz'].map(record),
    artefacts: [`${NAME}.iso`, 'pxe/vmlinuz', `${NAME}.sbom.json`].map(record),
    iso: { path: `${NAME}.iso`, label: 'SMALL', hostArea: { offset: 65536, size: AREA_SIZE } },
  };
}
