// Which version of a package apt prefers, written as preferences by exact version: nothing is left to labels of
// repositories that may or may not tell them apart.
import type { PackageIndex } from './packages.ts';

/** A name bound to a version. */
export interface Pin {
  name: string;
  version: string;
}

/** Above every suite's own priority (500), below the point where apt would force downgrades (1000). */
const PRIORITY = 995;

/** The text of a preferences file. */
export function formatPins(pins: readonly Pin[]): string {
  return pins
    .map(
      ({ name, version }) =>
        `Package: ${name}\nPin: version ${version}\nPin-Priority: ${PRIORITY}\n\n`,
    )
    .join('');
}

/** How a named origin takes part in a resolution. */
export interface OriginUse {
  /** Name of its source. */
  name: string;
  /** Every package it offers is preferred (directories, rebuilt sources), or only what is asked and its siblings. */
  prefer: 'all' | 'asked';
  /** Packages that recipes with this origin ask for. */
  asked: readonly string[];
}

/**
 * Pins that make recipes with an origin of their own get their packages from there and keep that origin out of
 * everything else. Of a directory all packages are preferred. Of an apt repository, the packages asked for and those
 * built from the same source package are; what only it offers is available; for all other names the distribution's
 * version stays the candidate although the repository may have a newer one.
 */
export function pinsForOrigins(
  index: PackageIndex,
  origins: readonly OriginUse[],
  distribution: ReadonlySet<string>,
): Pin[] {
  const pins = new Map<string, string>();
  for (const { name: origin, prefer, asked } of origins) {
    const sources = new Set(asked.flatMap((name) => index.newest(name, origin)?.source ?? []));
    for (const name of index.names()) {
      const offered = index.newest(name, origin);
      if (offered === undefined) continue;
      if (prefer === 'all' || asked.includes(name) || sources.has(offered.source)) {
        pins.set(name, offered.version);
      } else if (!pins.has(name)) {
        const own = index.newest(name, distribution);
        if (own !== undefined) pins.set(name, own.version);
      }
    }
  }
  return [...pins].map(([name, version]) => ({ name, version }));
}
