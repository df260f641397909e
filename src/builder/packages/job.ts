// The root part of the `packages` step: a tree made of exactly the locked packages, and what is taken out of it.
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../common/files.ts';
import { finishAll } from '../../common/finish-all.ts';
import { run } from '../../common/process.ts';
import { clockEnvironment, clockLibrary, TREE_LIBRARY } from '../clock.ts';
import type { JobContext } from '../sandbox/job.ts';
import {
  bindDirectory,
  mountSystem,
  prepareTree,
  runInTree,
  unmountSystem,
} from '../sandbox/tree.ts';
import { makeSquashfs, type Compression } from '../image/squashfs.ts';
import { writeContents } from '../image/contents-file.ts';
import { COPY_DIGESTS, copyDigestsOf, formatCopyDigests } from '../image/copy-digests.ts';
import { attributeOwners, requireOwners, type OwnedBy } from '../manifest/owners.ts';
import { scanTree, toEntry, type ScannedEntry } from '../image/scan.ts';
import type { Entry } from '../image/contents.ts';
import { compareInstalled } from './compare.ts';
import { readOwners, readStatus } from './control.ts';
import { copyAdditions, findAdditions } from './additions.ts';
import { cleanTree } from './clean.ts';
import { makeBaseInitrd } from './initrd-base.ts';
import { requireIntact } from './intact.ts';
import { makePlain } from './plain.ts';
import {
  ARCHIVES,
  extractEssential,
  findEssential,
  findFirst,
  installArchives,
  prepareDpkg,
  type Archive,
} from './unpack.ts';

/** An archive with what the lock says about it. */
export interface LockedArchive extends Archive {
  sha256: string;
  /** True where a recipe names it. */
  asked: boolean;
}

export interface PackagesInput {
  /** Empty directory that becomes the tree. */
  tree: string;
  treeInMemory: boolean;
  /** Where the output goes. */
  output: string;
  scratch: string;
  /** The blob store's directory that all archives lie under. */
  blobs: string;
  host: readonly LockedArchive[];
  live: readonly LockedArchive[];
  architecture: string;
  epoch: number;
  exclude: readonly string[];
  include: readonly string[];
  remove: readonly string[];
  /** What recipes say about who made a file. */
  recipes: readonly OwnedBy[];
  services: { enable: readonly string[]; disable: readonly string[]; mask: readonly string[] };
  initrdModules: readonly string[];
  toolsRoot: string;
  compression: Compression;
  /** Days by which the clock of maintainer scripts is off (see clock.ts), for `build --verify`. */
  clockShift?: number | undefined;
}

/** Makes the tree, the layers, the base initrd and the boot files. Runs as root of a sandbox. */
export async function runJob(
  input: PackagesInput,
  context: JobContext,
): Promise<{ packages: number }> {
  const { tree, progress } = { tree: input.tree, progress: context.progress };
  const environment = scriptEnvironment(input);
  progress.note('checking packages');
  requireIntact([...input.host, ...input.live]);
  await prepareTree(tree, input.treeInMemory);
  const essential = await findEssential(input.host);
  progress.note(`extracting ${essential.length} essential packages`);
  const plain = join(tree, 'kronos-plain');
  const first = await makePlain(await findFirst(essential), plain);
  await extractEssential(tree, first, input.exclude);
  await prepareDpkg(tree, input.architecture, input.exclude, input.include);
  await mountTree(tree, input);
  const again = new Map(first.map((archive) => [archive.name, archive]));
  const quick = essential.map((archive) => again.get(archive.name) ?? archive);
  await installArchives(tree, quick, environment, progress, 'essential');
  await rm(plain, { recursive: true });
  const names = new Set(essential.map((archive) => archive.name));
  const rest = input.host.filter((archive) => !names.has(archive.name));
  await installArchives(tree, rest, environment, progress, 'rest');
  await configureServices(tree, input.services);
  await mkdir(join(input.output, 'layers'), { recursive: true });
  await mkdir(join(input.output, 'contents'), { recursive: true });
  await copyBootFiles(tree, input.output);
  // The initrd copies what the tree holds, so whatever names one machine must be gone before.
  await unmountSystem(tree);
  await cleanTree(tree, input.remove);
  compareInstalled(await readStatus(tree), input.host, 'host');
  // The tree without what is mounted in it, so that it can be read while programs still run in there.
  const bare = join(input.scratch, 'bare');
  await bindDirectory('/', tree, bare);
  await mountTree(tree, input);
  progress.note('making the base initrd');
  const [before] = await finishAll([
    // What the host layer holds is settled here; whatever live packages add comes out as a difference.
    makeHostLayer(bare, input, progress.note),
    makeBaseInitrd(tree, input.output, input.initrdModules, environment, input.epoch),
  ]);
  await run(['umount', bare]);
  if (input.live.length > 0) await makeLiveLayer(tree, input, before, environment, context);
  const packages = await readStatus(tree);
  // For the dependencies in the manifest, without unpacking the layers again.
  await cp(join(tree, 'var/lib/dpkg/status'), join(input.output, 'dpkg.status'));
  return { packages: packages.length };
}

/** The layer of all packages of the host; returns what is in it. */
async function makeHostLayer(
  tree: string,
  input: PackagesInput,
  note: (text: string) => void,
): Promise<ScannedEntry[]> {
  const entries = scanTree(tree, { md5: true });
  const attributed = await attribute(tree, entries, input, 'packages');
  await writeContents(join(input.output, 'contents/packages.jsonl'), attributed);
  await writeFile(join(input.output, COPY_DIGESTS), formatCopyDigests(copyDigestsOf(entries)));
  note(`making the base initrd, compressing ${attributed.length} files`);
  await makeSquashfs(
    input.toolsRoot,
    tree,
    join(input.output, 'layers/packages.squashfs'),
    input.compression,
    input.epoch,
  );
  return entries;
}

/** What maintainer scripts see besides the fixed environment of a tree. */
function scriptEnvironment(input: PackagesInput): Record<string, string> {
  const epoch = { SOURCE_DATE_EPOCH: String(input.epoch) };
  if (input.clockShift === undefined) return epoch;
  return { ...epoch, ...clockEnvironment(input.clockShift), LD_PRELOAD: TREE_LIBRARY };
}

/** Mounts what programs in the tree need, the archives among it. */
async function mountTree(tree: string, input: PackagesInput): Promise<void> {
  await mountSystem(tree);
  await bindDirectory(tree, input.blobs, ARCHIVES);
  if (input.clockShift !== undefined) {
    await cp(clockLibrary(input.toolsRoot), join(tree, TREE_LIBRARY));
  }
}

async function configureServices(tree: string, services: PackagesInput['services']): Promise<void> {
  for (const verb of ['disable', 'mask', 'enable'] as const) {
    const units = services[verb];
    if (units.length > 0) await runInTree(tree, ['systemctl', '--quiet', verb, ...units]);
  }
}

/** Kernel, hypervisor and GRUB modules leave the tree under names without versions. */
async function copyBootFiles(tree: string, output: string): Promise<void> {
  const boot = join(output, 'boot');
  await mkdir(boot, { recursive: true });
  const names = (await readdir(join(tree, 'boot'))).sort();
  const wanted: [string, RegExp][] = [
    ['vmlinuz', /^vmlinuz-/],
    ['xen.gz', /^xen-[\d.]+-[a-z0-9]+\.gz$/],
    ['xen.efi', /^xen-[\d.]+-[a-z0-9]+\.efi$/],
  ];
  for (const [target, pattern] of wanted) {
    const name = names.findLast((candidate) => pattern.test(candidate));
    if (name !== undefined) await cp(join(tree, 'boot', name), join(boot, target));
  }
  const grub = join(tree, 'usr/lib/grub');
  if (!(await exists(grub))) return;
  for (const platform of await readdir(grub)) {
    if (!/^[a-z0-9_]+-(pc|efi)$/.test(platform)) continue;
    await cp(join(grub, platform), join(output, 'grub', platform), { recursive: true });
  }
}

/** Removes what must not be in an image, then reads what is left. */
async function settle(
  tree: string,
  input: PackagesInput,
  note: (text: string) => void,
  known?: ReadonlyMap<string, ScannedEntry>,
): Promise<ScannedEntry[]> {
  await unmountSystem(tree);
  note('removing caches and identity');
  await cleanTree(tree, input.remove);
  note('reading the tree');
  return scanTree(tree, known === undefined ? {} : { before: known });
}

async function attribute(
  tree: string,
  scanned: readonly ScannedEntry[],
  input: PackagesInput,
  layer: string,
): Promise<Entry[]> {
  const installed = (await readStatus(tree)).map((record) => record.name);
  const { entries, unowned } = attributeOwners(scanned.map(toEntry), {
    packages: await readOwners(tree),
    installed: new Set(installed),
    recipes: input.recipes,
  });
  requireOwners(layer, unowned);
  return entries;
}

/** Installs the packages that only the medium has and keeps the difference as a layer of its own. */
async function makeLiveLayer(
  tree: string,
  input: PackagesInput,
  before: readonly ScannedEntry[],
  environment: Readonly<Record<string, string>>,
  context: JobContext,
): Promise<void> {
  const known = new Map(before.map((entry) => [entry.path, entry]));
  await prepareDpkg(tree, input.architecture, input.exclude, input.include);
  await mountTree(tree, input);
  await installArchives(tree, input.live, environment, context.progress, 'rest');
  const after = await settle(tree, input, context.progress.note, known);
  compareInstalled(await readStatus(tree), [...input.host, ...input.live], 'live');
  const additions = findAdditions(known, after);
  const entries = await attribute(tree, additions, input, 'live-packages');
  await writeContents(join(input.output, 'contents/live-packages.jsonl'), entries);
  const delta = join(input.scratch, 'delta');
  await copyAdditions(tree, delta, additions, input.scratch);
  await makeSquashfs(
    input.toolsRoot,
    delta,
    join(input.output, 'layers/live-packages.squashfs'),
    input.compression,
    input.epoch,
  );
  await rm(delta, { recursive: true, force: true });
}
