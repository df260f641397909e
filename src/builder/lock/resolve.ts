// From a selection to a lock: what to ask of the solver, layer by layer, and whom each package is owed to.
import { KronosError } from '../../common/error.ts';
import type { Progress } from '../../common/progress.ts';
import { attributePackages } from '../apt/attribute.ts';
import { basePackages } from '../apt/base.ts';
import { prepareOrigins, type OriginOptions, type PreparedOrigins } from '../apt/origins.ts';
import type { PackageIndex, PackageRecord } from '../apt/packages.ts';
import { pinsForOrigins, type Pin } from '../apt/pins.ts';
import {
  newestReleaseDate,
  readIndex,
  updateIndices,
  withAptRoot,
  type AptRoot,
} from '../apt/root.ts';
import { checkRequests, solve, type SolveRequest } from '../apt/solve.ts';
import type { LayerName, Selection } from '../recipe/recipe.ts';
import { BlobStore } from '../store/blobs.ts';
import type { Lock, LockedPackage } from './lock.ts';
import { listRequests, requestsDigest, type LayerRequest } from './requests.ts';
import { relaxations } from './update.ts';
import { comparePackages } from './write.ts';

export interface ResolveOptions extends OriginOptions {
  selection: Selection;
  /** Keep the versions of this lock except for the packages in `update`. */
  keep?: { lock: Lock; update: readonly string[] } | undefined;
}

/** 1980-01-01: what no medium can date earlier (FAT), for builds of local packages only. */
const EARLIEST_EPOCH = 315_532_800;

/** Everything that resolving needs at hand. */
export interface Resolution {
  root: AptRoot;
  index: PackageIndex;
  origins: PreparedOrigins;
  requests: readonly LayerRequest[];
  originPins: readonly Pin[];
  /** Whether any recipe is for the host at all. */
  makesHost: boolean;
}

/** Opens a private apt with the selection's origins and brings its indices up to date. */
export async function withResolution<T>(
  options: ResolveOptions,
  progress: Progress,
  work: (resolution: Resolution) => Promise<T>,
): Promise<T> {
  const { selection, cache, signal } = options;
  progress.note('looking for mirrors');
  const origins = await prepareOrigins(selection, options, progress);
  const { architecture } = selection.edition;
  return withAptRoot({ cache, architecture, sources: origins.sources, signal }, async (root) => {
    await updateIndices(root, progress);
    progress.note('reading the package indices');
    const index = await readIndex(root);
    const requests = listRequests(selection);
    const originPins = pinsForOrigins(
      index,
      [...origins.byName].flatMap(([name, { prefer, sources }]) => {
        if (sources.some((source) => origins.distribution.has(source.name))) return [];
        const asked = requests.filter((one) => one.origin === name).map((one) => one.name);
        return [{ name, prefer, asked }];
      }),
      origins.distribution,
    );
    const makesHost = selection.recipes.some((recipe) => recipe.layer === 'host');
    return work({ root, index, origins, requests, originPins, makesHost });
  });
}

/** None where an edition makes no system (tools only). */
function alwaysThere({ index, origins, makesHost }: Resolution): string[] {
  return makesHost ? basePackages(index, origins.distribution) : [];
}

function toSolveRequest(resolution: Resolution, request: LayerRequest): SolveRequest {
  const foreign = !(
    resolution.origins.byName
      .get(request.origin)
      ?.sources.some((source) => resolution.origins.distribution.has(source.name)) ?? true
  );
  return {
    name: request.name,
    version: request.version,
    from: foreign ? request.origin : undefined,
    location: request.location,
  };
}

/** Packages of every layer under the given pins. */
async function solveLayers(
  resolution: Resolution,
  pins: readonly Pin[],
  progress: Progress,
): Promise<Record<LayerName, PackageRecord[]>> {
  const { root, index, requests } = resolution;
  const asked = (layer: LayerName) =>
    requests.filter((one) => one.layer === layer).map((one) => toSolveRequest(resolution, one));
  const base = alwaysThere(resolution).map((name): SolveRequest => ({ name }));
  // All mistakes of all layers at once, before anything slow.
  checkRequests(index, (['host', 'live', 'tools'] as const).flatMap(asked));
  progress.note('resolving layer host');
  const host = await solve(root, index, {
    requests: [...base, ...asked('host')],
    pins,
    doing: 'resolving the packages of layer host',
  });
  progress.note('resolving layer live');
  const live = await solve(root, index, {
    requests: asked('live'),
    installed: host,
    // What the host has must not move for the sake of the medium.
    pins: [
      ...pins.filter((pin) => !host.some((one) => one.name === pin.name)),
      ...host.map(({ name, version }) => ({ name, version })),
    ],
    doing: 'resolving the packages of layer live',
  });
  const moved = live.find((record) => host.some((one) => one.name === record.name));
  if (moved !== undefined) {
    const at = host.find((one) => one.name === moved.name)?.version ?? '';
    throw new KronosError(
      'input/unsatisfiable',
      `resolving the packages of layer live: ${moved.name} would have to be ${moved.version}, but the host layer has ${at}`,
      {
        hint: 'the medium runs the same packages as the installed host; ask for the version in a host recipe',
      },
    );
  }
  progress.note('resolving layer tools');
  const tools = await solve(root, index, {
    requests: asked('tools'),
    pins,
    doing: 'resolving the packages of layer tools',
  });
  return { host, live, tools };
}

function lockLayer(
  resolution: Resolution,
  layer: LayerName,
  records: readonly PackageRecord[],
  selection: Selection,
): LockedPackage[] {
  const asked = selection.recipes
    .filter((recipe) => recipe.layer === layer)
    .map((recipe) => ({ recipe: recipe.name, names: recipe.packages.map((one) => one.name) }));
  const always = layer === 'host' ? alwaysThere(resolution) : [];
  const attribution = attributePackages(records, asked, always);
  return records.map((record) => {
    const owed = attribution.get(record.name);
    return {
      name: record.name,
      version: record.version,
      architecture: record.architecture,
      layer,
      recipe: owed?.recipe ?? '',
      asked: owed?.asked ?? false,
      origin: record.from,
      path: record.path,
      size: record.size,
      sha256: record.sha256,
    };
  });
}

/** Tries the pins of a partial update from the tightest to the loosest until a set can be installed. */
async function solveKeeping(
  resolution: Resolution,
  keep: { lock: Lock; update: readonly string[] },
  progress: Progress,
): Promise<Record<LayerName, PackageRecord[]>> {
  let refusal: unknown;
  for (const pins of relaxations(keep.lock, keep.update, resolution.index)) {
    try {
      return await solveLayers(resolution, mergePins(resolution.originPins, pins), progress);
    } catch (error) {
      if (!(error instanceof KronosError) || error.code !== 'input/unsatisfiable') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** The later pin of a name wins: a kept version over what an origin would offer anew. */
function mergePins(...lists: readonly (readonly Pin[])[]): Pin[] {
  return [...new Map(lists.flat().map((pin) => [pin.name, pin])).values()];
}

/**
 * Resolves a selection with apt's own solver. Local packages (directories, rebuilt sources) enter the blob store at
 * once, so that the lock can be built without their directory.
 * Errors: those of `prepareOrigins`, `updateIndices` and `solve`.
 */
export async function resolveLock(options: ResolveOptions, progress: Progress): Promise<Lock> {
  const { selection, cache, keep } = options;
  return withResolution(options, progress, async (resolution) => {
    const layers =
      keep === undefined
        ? await solveLayers(resolution, resolution.originPins, progress)
        : await solveKeeping(resolution, keep, progress);
    const packages = (['host', 'live', 'tools'] as const)
      .flatMap((layer) => lockLayer(resolution, layer, layers[layer], selection))
      .sort(comparePackages);
    const store = new BlobStore(cache);
    for (const locked of packages) {
      const deb = resolution.origins.debs.get(locked.sha256);
      if (deb !== undefined) await store.putCopy(deb.path, locked);
    }
    const used = new Set(packages.map((locked) => locked.origin));
    return {
      version: 1,
      edition: selection.edition.name,
      suite: selection.edition.suite,
      architecture: selection.edition.architecture,
      epoch: Math.max(EARLIEST_EPOCH, await newestReleaseDate(resolution.root)),
      requests: requestsDigest(selection),
      origins: Object.fromEntries(
        Object.entries(resolution.origins.locked).filter(([name]) => used.has(name)),
      ),
      packages,
    };
  });
}
