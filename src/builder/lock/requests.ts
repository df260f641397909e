// What a selection asks of the solver: the part of recipes and edition that a lock answers.
import { digestData, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { LayerName, OriginSpec, PackageRequest, Selection } from '../recipe/recipe.ts';
import type { Lock } from './lock.ts';

/** One request with who makes it. */
export interface LayerRequest extends PackageRequest {
  layer: LayerName;
  recipe: string;
  /** Name of the recipe's origin. */
  origin: string;
}

/** All package requests in the order of the recipes. */
export function listRequests(selection: Selection): LayerRequest[] {
  return selection.recipes.flatMap((recipe) =>
    recipe.packages.map((request) => ({
      ...request,
      layer: recipe.layer,
      recipe: recipe.name,
      origin: recipe.origin,
    })),
  );
}

/** An origin without what is only true of one machine (paths of directories and key files). */
function portableOrigin(origin: OriginSpec): unknown {
  switch (origin.type) {
    case 'directory':
      return { type: origin.type };
    case 'apt':
      return {
        type: origin.type,
        url: origin.url,
        suite: origin.suite,
        components: origin.components,
      };
    case 'distribution':
    case 'deb-src':
      return origin;
  }
}

/** Digest of all that the solver is asked; a lock that has another one answers another question. */
export function requestsDigest(selection: Selection): Sha256 {
  const requests = listRequests(selection).map(({ layer, recipe, origin, name, version }) => ({
    layer,
    recipe,
    origin,
    name,
    version: version ?? null,
  }));
  const used = new Set(['distribution', ...requests.map((request) => request.origin)]);
  const origins = Object.entries(selection.edition.origins)
    .filter(([name]) => used.has(name))
    .map(([name, origin]) => [name, portableOrigin(origin)]);
  return digestData({
    suite: selection.edition.suite,
    architecture: selection.edition.architecture,
    // The order of recipes decides whom a package is attributed to.
    recipes: selection.recipes.map((recipe) => recipe.name),
    origins: Object.fromEntries(origins) as Record<string, unknown>,
    requests: requests.sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Refuses a lock that was made for other requests, naming what came and went. `file` is for messages.
 * Errors: `input/lock-stale`.
 */
export function checkLockFresh(lock: Lock, selection: Selection, file: string): void {
  const wanted = new Set(listRequests(selection).map((request) => request.name));
  const locked = new Set(lock.packages.map((one) => one.name));
  const added = [...wanted].filter((name) => !locked.has(name)).sort();
  const removed = lock.packages
    .filter((one) => one.asked && !wanted.has(one.name))
    .map((one) => one.name)
    .sort();
  if (lock.requests === requestsDigest(selection) && added.length === 0 && removed.length === 0)
    return;
  const parts = [
    ...(added.length === 0 ? [] : [`not in the lock: ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`no longer asked for: ${removed.join(', ')}`]),
  ];
  const what =
    parts.length === 0
      ? 'versions, origins, layers or the order of recipes changed'
      : parts.join('; ');
  throw new KronosError('input/lock-stale', `the lock was made for other requests (${what})`, {
    location: { file },
    hint: 'kronos lock',
    details: { added, removed },
  });
}
