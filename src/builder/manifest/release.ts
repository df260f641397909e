// A release is a directory: ISO, network boot tree and, made here, the papers that say what is in them.
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { digestData, digestFile, type Sha256 } from '../../common/digest.ts';
import { digestInThread } from '../../common/digest-thread.ts';
import { KronosError } from '../../common/error.ts';
import {
  listFiles,
  readTextOrUndefined,
  statOrUndefined,
  writeFileAtomic,
} from '../../common/files.ts';
import { finishAll } from '../../common/finish-all.ts';
import type { Progress } from '../../common/progress.ts';
import type { Layer } from '../image/contents.ts';
import { parseReleaseContents, type DescribedContents } from '../image/contents-file.ts';
import type { Lock } from '../lock/lock.ts';
import type { Selection } from '../recipe/recipe.ts';
import { formatManifest, makeManifest, readManifest, type Manifest } from './manifest.ts';
import { digestMedium } from './medium.ts';
import { formatSbom, makeSbom } from './sbom.ts';
import { signFile } from './signature.ts';
import { formatSums, type FileRecord } from './sums.ts';

export const SUMS = 'SHA256SUMS';

/** The names of a release's papers; `name` is what the ISO is called without `.iso`. */
export function releaseFiles(name: string) {
  return {
    iso: `${name}.iso`,
    manifest: `${name}.manifest.json`,
    sbom: `${name}.sbom.json`,
    contents: `${name}.contents.jsonl`,
  };
}

export interface ReleaseInput {
  /** Holds NAME.iso and what else belongs to the release (pxe/, a disk image); the papers are added to it. */
  directory: string;
  /** For example `kronos-0.1.0-debian-13-amd64`. */
  name: string;
  toolsRoot: string;
  /** Version of Kronos. */
  kronos: string;
  buildId: Sha256;
  selection: Selection;
  lock: Lock;
  recipes: readonly { name: string; digest: Sha256 }[];
  /** Package -> installed packages that its dependencies led to (`resolveDependencies`). */
  dependencies: ReadonlyMap<string, readonly string[]>;
  /** Reads what is in the layers, with owners. */
  contents: () => Promise<DescribedContents>;
  /** Paths in the directory and on the medium of files that the ISO was made of: what is read of it speaks for them. */
  twins?: ReadonlyMap<string, string>;
  /** Where a layer is on the medium, for example `kronos/layers/packages.squashfs`. */
  layerPath: (name: string) => string;
  iso: { label: string; hostArea: { offset: number; size: number } };
  /** OpenPGP key that signs SHA256SUMS. */
  signKey?: string | undefined;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Writes contents, SBOM, manifest, SHA256SUMS and, with a key, its signature; old ones are replaced.
 * Errors: `internal/manifest`, `input/signing-key`, `dependency/tool-missing`, those of node:fs.
 */
export async function writeRelease(input: ReleaseInput): Promise<Manifest> {
  const { directory, name, selection, lock, progress, signal } = input;
  const files = releaseFiles(name);
  for (const old of [files.manifest, files.sbom, files.contents, SUMS, `${SUMS}.asc`]) {
    await rm(join(directory, old), { force: true });
  }
  progress.note('reading the medium');
  const iso = join(directory, files.iso);
  const [isoDigest, medium, contents] = await finishAll([
    digestInThread(iso, signal),
    digestMedium(input.toolsRoot, iso, signal),
    input.contents(),
  ]);
  const onMedium = new Map(medium.map(({ path, sha256 }) => [path, sha256]));
  const known = new Map<string, Sha256>([[files.iso, isoDigest]]);
  for (const [path, twin] of input.twins ?? []) {
    const digest = onMedium.get(twin);
    if (digest !== undefined) known.set(path, digest);
  }
  const facts = {
    kronos: input.kronos,
    name,
    edition: selection.edition.name,
    suite: selection.edition.suite,
    architecture: selection.edition.architecture,
    buildId: input.buildId,
    epoch: lock.epoch,
    toolstack: selection.toolstack,
    lock: digestData(lock),
    recipes: [...input.recipes],
    packages: lock.packages,
    dependencies: input.dependencies,
    layers: contents.layers.map((layer) =>
      describeLayer(layer, input.layerPath(layer.name), medium),
    ),
    medium,
    iso: { path: files.iso, ...input.iso },
  };
  await writeFileAtomic(join(directory, files.contents), contents.text);
  // The SBOM is listed by the manifest, so it is made of a manifest that does not list anything yet.
  const sbom = makeSbom(makeManifest({ ...facts, artefacts: [] }), contents.layers);
  await writeFileAtomic(join(directory, files.sbom), formatSbom(sbom));
  const artefacts = await digestDirectory(directory, known, progress, signal);
  const manifest = makeManifest({ ...facts, artefacts });
  const text = formatManifest(manifest);
  await writeFileAtomic(join(directory, files.manifest), text);
  const own = { path: files.manifest, sha256: await digestFile(join(directory, files.manifest)) };
  await writeFileAtomic(join(directory, SUMS), formatSums([...artefacts, own]));
  if (input.signKey !== undefined) await signFile(join(directory, SUMS), input.signKey, { signal });
  return manifest;
}

/** Every file below a directory by content, sorted by path. */
async function digestDirectory(
  directory: string,
  known: ReadonlyMap<string, Sha256>,
  progress: Progress,
  signal?: AbortSignal,
): Promise<FileRecord[]> {
  const records: FileRecord[] = [];
  for (const path of await listFiles(directory)) {
    signal?.throwIfAborted();
    progress.note(`sha256 of ${path}`);
    const full = join(directory, path);
    const sha256 = known.get(path) ?? (await digestFile(full));
    records.push({ path, size: (await stat(full)).size, sha256 });
  }
  return records;
}

function describeLayer(
  layer: DescribedContents['layers'][number],
  path: string,
  medium: readonly FileRecord[],
): Manifest['layers'][number] {
  const record = medium.find((file) => file.path === path);
  if (record === undefined) {
    throw new KronosError(
      'internal/manifest',
      `writing the manifest: layer ${layer.name} is not on the medium as ${path}`,
    );
  }
  const { name, order, live, entries, digest } = layer;
  return {
    name,
    order,
    live,
    ...record,
    contents: digest,
    entries: entries.length,
  };
}

/** A release as `verify`, `diff` and `why` find it. */
export interface Release {
  directory: string;
  manifestPath: string;
  manifest: Manifest;
  /** The ISO, which may have been renamed; it need not be there. */
  iso: string;
  contents: string;
}

/**
 * Finds a release by its directory, its ISO or its manifest.
 * Errors: `input/no-release`, `input/several-releases`, those of `readManifest`.
 */
export async function openRelease(path: string): Promise<Release> {
  const full = resolve(path);
  const info = await statOrUndefined(full);
  if (info === undefined) throw noRelease(`${path} does not exist`);
  const directory = info.isDirectory() ? full : dirname(full);
  const manifestPath = full.endsWith('.manifest.json') ? full : await findManifest(full, directory);
  const manifest = await readManifest(manifestPath);
  const isIso = info.isFile() && full !== manifestPath;
  return {
    directory,
    manifestPath,
    manifest,
    iso: isIso ? full : join(directory, manifest.iso.path),
    contents: join(directory, releaseFiles(manifest.name).contents),
  };
}

/** The layers of a release from its list of contents. Errors: `input/no-release`, those of `parseReleaseContents`. */
export async function readReleaseLayers(release: Release): Promise<Layer[]> {
  const text = await readTextOrUndefined(release.contents);
  if (text === undefined)
    throw noRelease(`${basename(release.contents)} is not beside the manifest`);
  return parseReleaseContents(text, release.contents);
}

async function findManifest(path: string, directory: string): Promise<string> {
  const beside = path.replace(/\.iso$/, '.manifest.json');
  if (beside !== path && (await statOrUndefined(beside)) !== undefined) return beside;
  const found = (await readdir(directory)).filter((name) => name.endsWith('.manifest.json')).sort();
  const [first, second] = found;
  if (first === undefined) throw noRelease(`there is no manifest in ${directory}`);
  if (second !== undefined) {
    throw new KronosError(
      'input/several-releases',
      `${directory} holds several releases: ${found.join(', ')}`,
      {
        hint: 'name one of the manifests',
      },
    );
  }
  return join(directory, first);
}

function noRelease(what: string): KronosError {
  return new KronosError('input/no-release', `opening a release: ${what}`, {
    hint: 'name the directory that `kronos build` made, or an ISO with its manifest and list of contents beside it',
  });
}
