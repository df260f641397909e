// The competitor: Debian's live-build makes an ISO of the same packages, set up as somebody would who wants it fast.
//
// What is done for its speed and for a fair comparison, and why:
// - live-build and debootstrap of the edition's own suite are unpacked and laid over /usr in a mount namespace; the
//   machine stays as it is.
// - Its whole directory is on a tmpfs where memory allows: no fsync costs anything (as with eatmydata). Kronos makes
//   its tree on a tmpfs too, but keeps cache and result on the disk.
// - Packages and indices come from its own cache, filled by a warm-up that is not measured. Of the network a round only
//   uses debootstrap's check of the indices.
// - The bootstrap stage is not taken from a cache: the build is cold. Its phase is shown, so that it can be subtracted.
// - Package list: every name of the lock's layers host and live, and live-boot, without which the image could not
//   start. No recommends; debootstrap's smallest variant; no live-config, firmware, installer, memtest, checksums,
//   sources, signed boot loader.
// - The stages are called one by one, without the installer's, which would copy the tree for nothing.
// - live-build makes the initrd again after all packages are there. Here nothing has changed it since the packages'
//   own triggers did, so the mark that live-build itself looks for says that it is done.
// - The list is read in one pass instead of two, which saves installing and removing dctrl-tools once.
// - dpkg leaves out the same paths as Kronos' recipes do, and does not sync: both compress the same files.
// - Squashfs with the same compressor, level and block size as Kronos, the initrd with the same compressor and level.
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runApt, updateIndices, withAptRoot } from '../src/builder/apt/root.ts';
import { distributionSources, type Mirror } from '../src/builder/apt/sources.ts';
import { DEFAULT_COMPRESSION, squashfsArguments } from '../src/builder/image/squashfs.ts';
import type { Lock } from '../src/builder/lock/lock.ts';
import { extractArchives, toDpkgPattern } from '../src/builder/packages/unpack.ts';
import type { Selection } from '../src/builder/recipe/recipe.ts';
import { exists } from '../src/common/files.ts';
import { run } from '../src/common/process.ts';
import { SILENT } from '../src/common/progress.ts';
import { measure, type Measurement } from './measure.ts';

export interface LiveBuildOptions {
  lock: Lock;
  selection: Selection;
  mirror: Mirror;
  /** Kept between runs: programs and caches. */
  store: string;
  /** Empty directory, best on a tmpfs, for one build at a time. */
  directory: string;
  signal: AbortSignal;
}

export interface LiveBuildResult extends Measurement {
  isoBytes: number;
  /** Installed packages as `name version`. */
  packages: string[];
}

/** Lays the unpacked programs over /usr and dpkg's record of them over the machine's, then runs the command. */
const OVER_USR = [
  'mount -t overlay overlay -o "lowerdir=$1:/usr" /usr',
  'mount --bind "$2" /var/lib/dpkg/status',
  'shift 2',
  'exec "$@"',
].join('; ');

/** `lb build` without the stages that have nothing to do. */
const STAGES = 'lb bootstrap && lb chroot && lb binary';

/** Our file in the tree for dpkg. */
const DPKG_SETTINGS = 'config/includes.chroot_before_packages/etc/dpkg/dpkg.cfg.d/zz-kronos-bench';
const INITRD_DONE = 'config/includes.chroot_after_packages/initrd.img_has_already_been_regenerated';
const INITRD_SETTINGS =
  'config/includes.chroot_before_packages/etc/initramfs-tools/conf.d/kronos-bench';

/** What live-build calls on the machine and small machines lack, by package. Unpacked, as the rest. */
const HELPERS = ['cpio'];

/** Fetches and unpacks live-build and debootstrap of the lock's suite; returns its version. */
export async function unpackLiveBuild(options: LiveBuildOptions): Promise<string> {
  const { lock, mirror, store, signal } = options;
  const root = programsOf(store);
  const download = join(store, 'download');
  await rm(root, { recursive: true, force: true });
  await rm(download, { recursive: true, force: true });
  // With a merged /usr everything comes to lie below /usr, which is all that is laid over the machine's.
  for (const name of ['bin', 'sbin', 'lib']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(`usr/${name}`, join(root, name));
  }
  await mkdir(download, { recursive: true });
  const sources = distributionSources(mirror, lock.suite, ['main']);
  const request = { cache: store, architecture: lock.architecture, sources, signal };
  await withAptRoot(request, async (apt) => {
    await updateIndices(apt, SILENT);
    await runApt(
      apt,
      ['apt-get', 'download', 'live-build', 'debootstrap'],
      'downloading live-build',
      { cwd: download },
    );
  });
  const files = (await readdir(download)).sort();
  // Binaries must fit the machine's own libraries, so these come from its own suite.
  for (const name of HELPERS) {
    if (await exists(join('/usr/bin', name))) continue;
    await run(['apt-get', 'download', name], { cwd: download, signal });
  }
  const archives = (await readdir(download)).map((file) => join(download, file));
  await extractArchives(archives, root);
  await recordArchives(archives, store);
  const version = /^live-build_(.*)_all\.deb$/.exec(files.at(-1) ?? '')?.[1] ?? 'unknown';
  return decodeURIComponent(version);
}

/** live-build asks dpkg whether what it calls is installed; here it is, as far as live-build can see. */
async function recordArchives(archives: readonly string[], store: string): Promise<void> {
  const stanzas = await Promise.all(
    archives.map(async (file) => (await run(['dpkg-deb', '--field', file])).stdout.trim()),
  );
  const recorded = stanzas.map((stanza) => `${stanza}\nStatus: install ok installed`);
  const names = new Set(stanzas.map(packageOf));
  const status = await readFile('/var/lib/dpkg/status', 'utf8');
  // dpkg reads no list with a package in it twice.
  const others = status
    .trim()
    .split('\n\n')
    .filter((stanza) => !names.has(packageOf(stanza)));
  await writeFile(statusOf(store), `${[...others, ...recorded].join('\n\n')}\n`);
}

function packageOf(stanza: string): string {
  return /^Package: (.*)$/m.exec(stanza)?.[1] ?? '';
}

/** One build from nothing but cached packages and indices. */
export async function buildWithLiveBuild(options: LiveBuildOptions): Promise<LiveBuildResult> {
  const { directory, store, signal } = options;
  await prepare(options);
  const log = join(store, 'live-build.log');
  const result = await measure(inPrivate(store, ['sh', '-c', STAGES]), {
    ...{
      cwd: directory,
      environment: { LC_ALL: 'C.UTF-8', MKSQUASHFS_OPTIONS: blockSize() },
      signal,
    },
    phaseOf: (line) => /^\[[^\]]*\] lb (bootstrap|chroot|binary)\s*$/.exec(line)?.[1],
  });
  await writeFile(log, `${result.lines.join('\n')}\n`);
  const iso = (await readdir(directory)).find((name) => name.endsWith('.iso'));
  if (iso === undefined) throw new Error(`live-build made no ISO; see ${log}`);
  const { size } = await stat(join(directory, iso));
  const packages = await readFile(join(directory, 'chroot.packages.live'), 'utf8');
  await keepCache(options);
  // What is left in memory would make whoever builds next begin with memory that the machine's host has yet to give: up
  // to six CPU seconds of a Kronos build, all of them in the kernel.
  for (const name of await readdir(directory)) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  return {
    ...result,
    isoBytes: size,
    packages: packages
      .trim()
      .split('\n')
      .map((line) => line.replace(/:\w+\t|\t/, ' ')),
  };
}

function programsOf(store: string): string {
  return join(store, 'programs');
}

function statusOf(store: string): string {
  return join(store, 'dpkg-status');
}

function inPrivate(store: string, argv: readonly string[]): string[] {
  return [
    ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
    ...['--mount-proc', 'sh', '-ceu', OVER_USR, 'sh', join(programsOf(store), 'usr')],
    ...[statusOf(store), ...argv],
  ];
}

/** The configuration and the caches. */
async function prepare(options: LiveBuildOptions): Promise<void> {
  const { directory, store, selection, lock, signal } = options;
  await run(inPrivate(store, ['lb', 'config', 'noauto', ...configuration(options)]), {
    ...{ cwd: directory, extendEnvironment: true, environment: { LC_ALL: 'C.UTF-8' }, signal },
  });
  await rm(join(directory, 'config/package-lists/live.list.chroot'), { force: true });
  const names = lock.packages.filter((entry) => entry.layer !== 'tools').map((entry) => entry.name);
  const write = async (path: string, lines: readonly string[]): Promise<void> => {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), `${lines.join('\n')}\n`);
  };
  await write('config/package-lists/kronos.list.chroot_install', [...names, 'live-boot']);
  const recipes = selection.recipes.filter((recipe) => recipe.layer !== 'tools');
  await write(DPKG_SETTINGS, [
    'force-unsafe-io',
    ...recipes.flatMap((one) => one.exclude).map((glob) => `path-exclude=${toDpkgPattern(glob)}`),
    ...recipes.flatMap((one) => one.include).map((glob) => `path-include=${toDpkgPattern(glob)}`),
  ]);
  await write(INITRD_SETTINGS, ['COMPRESS=zstd', `COMPRESSLEVEL=${DEFAULT_COMPRESSION.level}`]);
  await write(INITRD_DONE, []);
  const cache = join(store, 'cache');
  if (await exists(cache)) await cp(cache, join(directory, 'cache'), { recursive: true });
}

/** Options of `lb config`; the reasons are at the top of this file. */
function configuration({ lock, mirror }: LiveBuildOptions): string[] {
  const { name, level } = DEFAULT_COMPRESSION;
  const settings: Record<string, string> = {
    distribution: lock.suite,
    architecture: lock.architecture,
    'archive-areas': 'main',
    'mirror-bootstrap': mirror.main,
    'mirror-chroot': mirror.main,
    'mirror-chroot-security': mirror.security,
    'mirror-binary': mirror.main,
    'mirror-binary-security': mirror.security,
    'debootstrap-options': `--variant=minbase --keyring=${mirror.keyring}`,
    'binary-image': 'iso-hybrid',
    bootloaders: 'grub-pc,grub-efi',
    'chroot-squashfs-compression-type': name,
    'chroot-squashfs-compression-level': String(level),
    initramfs: 'live-boot',
    'apt-recommends': 'false',
    'apt-indices': 'false',
    'apt-source-archives': 'false',
    'cache-indices': 'true',
    'cache-packages': 'true',
    'firmware-chroot': 'false',
    'firmware-binary': 'false',
    'uefi-secure-boot': 'disable',
    'debian-installer': 'none',
    memtest: 'none',
    checksums: 'none',
    zsync: 'false',
    source: 'false',
  };
  return Object.entries(settings).map(([option, value]) => `--${option}=${value}`);
}

/** `-b SIZE` as Kronos gives it to mksquashfs. */
function blockSize(): string {
  const words = squashfsArguments('', '', DEFAULT_COMPRESSION, 0);
  return words.slice(words.indexOf('-b')).slice(0, 2).join(' ');
}

/** Keeps packages and indices for the next round, but not the stages: every round is cold. */
async function keepCache({ directory, store }: LiveBuildOptions): Promise<void> {
  const target = join(store, 'cache');
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const name of await readdir(join(directory, 'cache'))) {
    if (!/^(packages|indices)\./.test(name)) continue;
    await cp(join(directory, 'cache', name), join(target, name), { recursive: true });
  }
}
