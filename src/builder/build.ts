// The build, as a table of contents: selection, lock, packages, layers, media, papers, and where they go.
import { join, resolve } from 'node:path';
import { digestData } from '../common/digest.ts';
import { KronosError } from '../common/error.ts';
import { exists } from '../common/files.ts';
import { finishAll } from '../common/finish-all.ts';
import { observeStep, type BuildObserver } from '../common/progress.ts';
import { programVersion } from '../common/version.ts';
import type { MirrorOptions } from './apt/mirror.ts';
import { ensureHost } from './ensure-host.ts';
import { mediumLabel } from './image/label.ts';
import { DEFAULT_COMPRESSION, RELEASE_COMPRESSION, type Compression } from './image/squashfs.ts';
import type { Lock } from './lock/lock.ts';
import { readLock } from './lock/read.ts';
import { checkLockFresh } from './lock/requests.ts';
import { readManifest, type Manifest } from './manifest/manifest.ts';
import { releaseFiles } from './manifest/release.ts';
import { signFile } from './manifest/signature.ts';
import { copyAhead, publishRelease } from './publish.ts';
import { openSelection, ownRecipes, type SelectionRequest } from './request.ts';
import type { Selection } from './recipe/recipe.ts';
import { createEngine, type Engine } from './step/engine.ts';
import type { Step, StepResult } from './step/step.ts';
import { bootSteps, collectLayers } from './steps/boot.ts';
import { filesStep } from './steps/files.ts';
import { loaderStep } from './steps/loader.ts';
import { programsStep } from './steps/programs.ts';
import { packagesStep } from './steps/packages.ts';
import { readLayerContents, releaseStep } from './steps/release.ts';
import { toolsStep } from './steps/tools.ts';
import { BlobStore } from './store/blobs.ts';
import { fetchBlobs } from './store/fetch.ts';

export interface BuildOptions extends SelectionRequest, MirrorOptions {
  cache: string;
  /** Directory that gets a sub-directory per edition and architecture. */
  out: string;
  /** Smallest medium instead of the fastest build. */
  release?: boolean | undefined;
  /** Level of the default compressor; undefined: ours. */
  level?: number | undefined;
  /** Also a raw disk image. */
  disk?: boolean | undefined;
  /** OpenPGP key that signs SHA256SUMS. */
  signKey?: string | undefined;
  /** Neither apt nor the network is touched. */
  offline?: boolean | undefined;
  observer: BuildObserver;
  signal: AbortSignal;
}

export interface BuildResult {
  /** The directory with everything. */
  directory: string;
  /** Absolute path of the ISO. */
  iso: string;
  manifest: Manifest;
  steps: readonly StepResult[];
  /** Wall-clock seconds. */
  seconds: number;
}

/** What every stage of one build shares. */
interface Build {
  options: BuildOptions;
  selection: Selection;
  lock: Lock;
  store: BlobStore;
  engine: Engine;
  steps: StepResult[];
}

/**
 * Builds an edition: ISO, PXE tree, manifest, SBOM, checksums.
 * Errors: those of its stages; see docs/errors.md.
 */
export async function buildRelease(options: BuildOptions): Promise<BuildResult> {
  const started = performance.now();
  await ensureHost({
    observer: options.observer,
    signal: options.signal,
    offline: options.offline,
  });
  const build = await openBuild(options);
  const { selection, lock } = build;
  const ensure = ensureIn(build);
  await fetchPackages(build);
  const version = await programVersion();
  const tools = await ensure(toolsOf(build));
  const [packages, programs] = await finishAll([
    ensure(
      packagesStep({
        ...{ selection, lock, tools, compression: compressionOf(options) },
        blobs: build.store.directory,
        blobFile: (sha256) => build.store.path(sha256),
      }),
    ),
    ensure(programsStep()),
  ]);
  const { epoch } = lock;
  const loader = await ensure(loaderStep({ epoch, tools, packages }));
  const files = await ensure(
    filesStep({ selection, version, epoch, tools, packages, programs, loader }),
  );
  const layers = await collectLayers(packages, files);
  const { edition } = selection;
  const name = `kronos-${version}-${edition.name}-${edition.architecture}`;
  const buildId = digestData({
    name,
    layers: layers.map((layer) => [layer.name, layer.sha256]),
    lock: lock.requests,
  });
  const label = mediumLabel(buildId);
  const boot = await bootSteps({
    templates: join(ownRecipes(), '../iso'),
    menu: {
      brand: edition.variables['brand'] ?? 'Kronos',
      version,
      edition: edition.name,
      architecture: edition.architecture,
      label,
      xenArguments: selection.recipes.flatMap((recipe) => recipe.xenArguments),
      kernelArguments: selection.recipes.flatMap((recipe) => recipe.kernelArguments),
    },
    ...{ epoch, tools, packages, layers, name },
  });
  const [initrd, grub] = await finishAll([ensure(boot.initrd), ensure(boot.grub)]);
  const kinds = options.disk === true ? [boot.iso, boot.pxe, boot.disk] : [boot.iso, boot.pxe];
  // Whatever makes these files new makes the media new as well; they are written by another program, so there is time.
  const contents = grub.reused ? undefined : readLayerContents(layers);
  contents?.catch(() => undefined);
  const media = await finishAll(kinds.map((kind) => ensure(kind(initrd, grub))));
  const directory = resolve(options.out, `${edition.name}-${edition.architecture}`);
  const ahead = copyAhead(
    media.map((medium) => medium.directory),
    directory,
  );
  try {
    const release = await ensure(
      await releaseStep({
        ...{ name, version, buildId, label, selection, lock },
        ...{ tools, packages, layers, contents, media },
      }),
    );
    await observeStep(options.observer, 'publish', `Copy the release to ${directory}`, () =>
      publishRelease(release.directory, directory, ahead),
    );
  } finally {
    await ahead.discard();
  }
  return finish(build, directory, name, started);
}

/** Reads recipes and lock and checks that they belong together. */
async function openBuild(options: BuildOptions): Promise<Build> {
  const { selection, lockFile } = await openSelection(options);
  if (!(await exists(lockFile))) {
    throw new KronosError(
      'input/no-lock',
      `edition ${selection.edition.name} has no lock at ${lockFile}`,
      {
        hint: `make one with: kronos lock ${selection.edition.name}`,
      },
    );
  }
  const lock = await readLock(lockFile);
  checkLockFresh(lock, selection, lockFile);
  const cache = resolve(options.cache);
  const engine = await createEngine({
    cache,
    scope: `${selection.edition.name}-${selection.edition.architecture}`,
    observer: options.observer,
    signal: options.signal,
  });
  return { options, selection, lock, store: new BlobStore(cache), engine, steps: [] };
}

function ensureIn(build: Build): (step: Step) => Promise<StepResult> {
  return async (step) => {
    build.options.signal.throwIfAborted();
    const result = await build.engine.ensure(step);
    build.steps.push(result);
    return result;
  };
}

/** Everything of the lock into the blob store. */
async function fetchPackages(build: Build): Promise<void> {
  const { options, lock, selection } = build;
  await observeStep(options.observer, 'fetch', 'Fetch the packages', (progress) =>
    fetchBlobs(
      lock,
      { ...options, cache: options.cache, edition: selection.edition },
      progress,
      options.signal,
    ),
  );
}

function toolsOf(build: Build): Step {
  return toolsStep(build.lock.packages, (sha256) => build.store.path(sha256));
}

function compressionOf(options: BuildOptions): Compression {
  const base = options.release === true ? RELEASE_COMPRESSION : DEFAULT_COMPRESSION;
  return options.level === undefined ? base : { ...base, level: options.level };
}

/** Signs what was published, and tells what it is. */
async function finish(
  build: Build,
  directory: string,
  name: string,
  started: number,
): Promise<BuildResult> {
  const { options } = build;
  if (options.signKey !== undefined) {
    await signFile(join(directory, 'SHA256SUMS'), options.signKey, {
      signal: options.signal,
    });
  }
  const files = releaseFiles(name);
  return {
    directory,
    iso: join(directory, files.iso),
    manifest: await readManifest(join(directory, files.manifest)),
    steps: build.steps,
    seconds: (performance.now() - started) / 1000,
  };
}

/**
 * The unpacked tools of an edition, for what works on media without building one (`verify`, `diff`, `try`).
 * Returns the directory that toolCommand takes. Errors: those of fetching and unpacking.
 */
export async function ensureTools(
  options: Omit<BuildOptions, 'out' | 'release' | 'level' | 'disk' | 'signKey'>,
): Promise<string> {
  const build = await openBuild({ ...options, out: '' });
  const tools = build.lock.packages.filter((entry) => entry.layer === 'tools');
  const only: Build = { ...build, lock: { ...build.lock, packages: tools } };
  await fetchPackages(only);
  return join((await ensureIn(only)(toolsOf(only))).directory, 'root');
}
