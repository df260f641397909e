// An edition that is real and small: some thirty packages of the default edition's own lock, and one package made here
// that stands for kernel, hypervisor and initramfs-tools. Everything after that is what every build does.
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../../src/common/digest.ts';
import { SILENT } from '../../../src/common/progress.ts';
import type { Lock, LockedPackage } from '../../../src/builder/lock/lock.ts';
import { readLock } from '../../../src/builder/lock/read.ts';
import { requestsDigest } from '../../../src/builder/lock/requests.ts';
import { writeLock } from '../../../src/builder/lock/write.ts';
import { readNeeds } from '../../../src/builder/packages/control.ts';
import { openSelection, ownRecipes } from '../../../src/builder/request.ts';
import { BlobStore } from '../../../src/builder/store/blobs.ts';
import { fetchBlobs } from '../../../src/builder/store/fetch.ts';
import { cacheDirectory } from '../../../src/cli/options.ts';

/** Enough for dpkg to run in the tree, and GRUB's modules. */
const ASKED = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'coreutils',
    'debianutils',
    'diffutils',
    'dpkg',
    'dash',
    'libc-bin',
  ],
  ...['mawk', 'sed', 'grub-efi-amd64-bin', 'grub-pc-bin'],
];

/** What the package that is made here stands for, so that GRUB's modules come without GRUB's installer. */
const STANDS_FOR = ['grub-common', 'grub-efi-amd64-unsigned', 'libdevmapper1.02.1'];

const MACHINE: Readonly<Record<string, string | Buffer>> = {
  'boot/vmlinuz-6.12-test': 'a kernel\n',
  'boot/xen-4.20-amd64.gz': gzipSync('a hypervisor\n'),
  'etc/initramfs-tools/initramfs.conf': '',
  'usr/lib/modules/6.12-test/modules.order': '',
  'usr/sbin/mkinitramfs':
    '#!/bin/sh\n# mkinitramfs -d DIRECTORY -o FILE KERNEL\necho "base initrd of $5" > "$4"\n',
};

const GENERATED = [
  ['/etc/group', 'base-passwd'],
  ['/etc/passwd', 'base-passwd'],
  ['/etc/shadow', 'base-passwd'],
  ['/etc/gshadow', 'base-passwd'],
  ['/etc/dpkg/origins/default', 'base-files'],
  ['/etc/environment', 'base-files'],
  ['/etc/ld.so.cache', 'libc-bin'],
  ['/etc/motd', 'base-files'],
  ['/etc/nsswitch.conf', 'libc-bin'],
  ['/etc/profile', 'base-files'],
  ['/etc/shells', 'debianutils'],
  ['/root/.*', 'base-files'],
  ['/etc/subgid', 'base-passwd'],
  ['/etc/subuid', 'base-passwd'],
  ['/usr/local/man', 'base-files'],
  ['/usr/share/info/dir', 'base-files'],
  ['/var/lib/dpkg/**', 'dpkg'],
  ['/var/lib/shells.state', 'debianutils'],
  ['/var/mail', 'base-files'],
  ['/var/spool/mail', 'base-files'],
];

/** A package that is made here. */
export interface OwnPackage {
  name: string;
  version: string;
  /** Path without leading slash -> content. */
  files?: Readonly<Record<string, string | Buffer>>;
  postinst?: string;
  control?: Readonly<Record<string, string>>;
}

/** Makes NAME_VERSION_all.deb in a directory; returns its path. */
export async function makePackage(directory: string, own: OwnPackage): Promise<string> {
  const root = join(directory, `${own.name}.d`);
  const control = {
    Package: own.name,
    Version: own.version,
    Architecture: 'all',
    Maintainer: 'Kronos Test <test@mirror.example>',
    Description: `test package ${own.name}`,
    ...own.control,
  };
  await mkdir(join(root, 'DEBIAN'), { recursive: true });
  await writeFile(
    join(root, 'DEBIAN/control'),
    Object.entries(control)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  if (own.postinst !== undefined) {
    await writeFile(join(root, 'DEBIAN/postinst'), `#!/bin/sh\nset -e\n${own.postinst}\n`);
    await chmod(join(root, 'DEBIAN/postinst'), 0o755);
  }
  for (const [path, content] of Object.entries(own.files ?? {})) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), path.includes('bin/') ? 0o755 : 0o644);
  }
  const file = join(directory, `${own.name}_${own.version}_all.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
    stdio: 'ignore',
  });
  execFileSync('rm', ['-r', root]);
  return file;
}

/** The edition's directories: `recipes` for --recipes, `debs` for packages that are made. */
export interface SmallEdition {
  recipes: string;
  debs: string;
  lockFile: string;
  lock: Lock;
}

/** The lock line of a package that was made here. */
export async function lockOwn(
  file: string,
  own: OwnPackage,
  recipe: string,
): Promise<LockedPackage> {
  const data = await readFile(file);
  return {
    name: own.name,
    version: own.version,
    architecture: 'all',
    layer: 'host',
    recipe,
    asked: true,
    origin: 'made',
    path: `${own.name}_${own.version}_all.deb`,
    size: data.length,
    sha256: digestOf(data),
  };
}

/**
 * Writes the edition `small` below a directory, with its lock. `extra` packages are made, asked for and locked besides.
 * Packages of the distribution are fetched into the cache of the person who tests, once.
 */
export async function makeSmallEdition(
  directory: string,
  extra: readonly OwnPackage[] = [],
): Promise<SmallEdition> {
  const recipes = join(directory, 'recipes');
  const debs = join(directory, 'debs');
  await mkdir(debs, { recursive: true });
  const full = await readLock(join(ownRecipes(), 'locks/debian-13-amd64.lock.yaml'));
  const distribution = await closePackages(full);
  const machine: OwnPackage = {
    name: 'test-machine',
    version: '1',
    files: MACHINE,
    control: {
      Provides: STANDS_FOR.map((name) => `${name} (= ${versionOf(full, name)})`).join(', '),
    },
  };
  const made: LockedPackage[] = [];
  for (const own of [machine, ...extra]) {
    made.push(await lockOwn(await makePackage(debs, own), own, 'small-machine'));
  }
  await writeRecipes(recipes, made);
  const { selection, lockFile } = await openSelection({ edition: 'small', recipes: [recipes] });
  const lock: Lock = {
    ...full,
    edition: 'small',
    requests: requestsDigest(selection),
    origins: { ...full.origins, made: { type: 'directory' } },
    packages: [
      ...distribution.map((one) => ({
        ...one,
        recipe: 'small-system',
        asked: ASKED.includes(one.name),
      })),
      ...made,
      ...full.packages.filter((one) => one.layer === 'tools'),
    ],
  };
  await writeLock(lockFile, lock);
  return { recipes, debs, lockFile, lock };
}

function versionOf(lock: Lock, name: string): string {
  const found = lock.packages.find((one) => one.name === name && one.layer === 'host');
  if (found === undefined) throw new Error(`the default edition has no package ${name}`);
  return found.version;
}

/** The asked packages and all they need, fetched. */
async function closePackages(full: Lock): Promise<LockedPackage[]> {
  const cache = cacheDirectory(undefined);
  const store = new BlobStore(cache);
  const host = new Map(
    full.packages
      .filter((one) => one.layer === 'host' && !STANDS_FOR.includes(one.name))
      .map((one) => [one.name, one]),
  );
  const found = new Map<string, LockedPackage>();
  let wave = ASKED.flatMap((name) => host.get(name) ?? []);
  while (wave.length > 0) {
    for (const one of wave) found.set(one.name, one);
    await fetchBlobs({ ...full, packages: wave }, { cache }, SILENT);
    const needs = await readNeeds(wave.map((one) => store.path(one.sha256)));
    wave = [...new Set(needs.flat())].flatMap((name) =>
      found.has(name) ? [] : (host.get(name) ?? []),
    );
  }
  const tools = full.packages.filter((one) => one.layer === 'tools');
  await fetchBlobs({ ...full, packages: tools }, { cache }, SILENT);
  return [...found.values()];
}

async function writeRecipes(recipes: string, made: readonly LockedPackage[]): Promise<void> {
  const text = {
    'editions/small.yaml': `edition: small
summary: A small system that boots nowhere
suite: trixie
architecture: amd64
recipes: [small-system, small-machine, small-live, tools]
origins:
  distribution: { type: distribution, components: [main] }
  made: { type: directory, path: ../../debs }
`,
    'small-system/recipe.yaml': `recipe: small-system
summary: What dpkg runs in
packages: [${ASKED.join(', ')}]
files:
  - { path: /etc/small.conf, source: files/small.conf }
exclude: [/usr/share/doc/**, /usr/share/man/**, /usr/share/info/**, /usr/share/locale/**]
remove: [/var/log/**, /var/cache/**, /var/lib/dpkg/*-old]
generated:
${GENERATED.map(([path, by]) => `  - { path: '${path ?? ''}', by: ${by ?? ''} }\n`).join('')}`,
    'small-system/files/small.conf': 'small = true\n',
    'small-machine/recipe.yaml': `recipe: small-machine
summary: What is made for tests
requires: [small-system]
origin: made
packages: [${made.map((one) => one.name).join(', ')}]
`,
    'small-live/recipe.yaml': `recipe: small-live
summary: What only the medium has
layer: live
requires: [small-system]
files:
  - { path: /etc/small-live.conf, content: "live = true\\n" }
`,
  };
  for (const [path, content] of Object.entries(text)) {
    await mkdir(dirname(join(recipes, path)), { recursive: true });
    await writeFile(join(recipes, path), content);
  }
}
