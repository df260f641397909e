// The lock: every package that goes into a build, by content.
import type { Sha256 } from '../../common/digest.ts';
import type { LayerName } from '../recipe/recipe.ts';

export interface LockedPackage {
  name: string;
  version: string;
  architecture: string;
  layer: LayerName;
  /** The recipe that asked for it, or whose requests first led to it. */
  recipe: string;
  /** True where a recipe names it, false where it came as a dependency. */
  asked: boolean;
  /** Key into `Lock.origins`. */
  origin: string;
  /** Path below the origin's base (its `Filename`). */
  path: string;
  /** Bytes. */
  size: number;
  sha256: Sha256;
}

/** A package source as the lock names it; the distribution's mirror is looked up where the build runs. */
export type LockedOrigin =
  | { type: 'distribution'; archive: 'debian' | 'debian-security' }
  | { type: 'apt'; url: string; suite: string; components: readonly string[]; key: Sha256 }
  | { type: 'directory' }
  | { type: 'deb-src'; source: string; version: string; suite: string; dsc: Sha256 };

export interface Lock {
  version: 1;
  edition: string;
  suite: string;
  architecture: string;
  /** Seconds since 1970: the newest date of the indices it was resolved from; every date in the artefacts. */
  epoch: number;
  /** Digest of what was asked for (packages, origins, layers); a build refuses a lock of other requests. */
  requests: Sha256;
  origins: Readonly<Record<string, LockedOrigin>>;
  /** Sorted by layer, name, architecture. */
  packages: readonly LockedPackage[];
}
