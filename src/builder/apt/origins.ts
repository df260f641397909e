// From the origins that an edition names to package sources for apt and lines for the lock.
import { dirname, resolve } from 'node:path';
import { digestFile } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import type { BuildSuite } from '../source/environment.ts';
import { rebuildSource } from '../source/rebuild.ts';
import type { LockedOrigin } from '../lock/lock.ts';
import type { OriginSpec, Selection } from '../recipe/recipe.ts';
import { makeLocalSource, readDebDirectory, type LocalDeb } from './local.ts';
import { findMirror, type MirrorOptions } from './mirror.ts';
import {
  distributionSources,
  MAIN_ARCHIVE,
  normalizeUri,
  SECURITY_ARCHIVE,
  type AptSource,
  type Mirror,
} from './sources.ts';

/** An origin made ready for one resolution. */
export interface PreparedOrigin {
  sources: AptSource[];
  /** Lines for the lock, by name. */
  locked: Record<string, LockedOrigin>;
  /** Files that are on this machine already. */
  debs: LocalDeb[];
  /** As in `OriginUse`. */
  prefer: 'all' | 'asked';
}

export interface OriginOptions extends MirrorOptions {
  cache: string;
  signal?: AbortSignal | undefined;
}

/** Sources and lock lines of the distribution itself. */
function prepareDistribution(
  mirror: Mirror,
  suite: string,
  components: readonly string[],
): PreparedOrigin {
  const sources = distributionSources(mirror, suite, components);
  const locked: Record<string, LockedOrigin> = {};
  for (const { name } of sources) {
    locked[name] = {
      type: 'distribution',
      archive: name === SECURITY_ARCHIVE ? 'debian-security' : 'debian',
    };
  }
  return { sources, locked, debs: [], prefer: 'asked' };
}

async function prepareOrigin(
  name: string,
  spec: Exclude<OriginSpec, { type: 'distribution' }>,
  base: string,
  context: { mirror: Mirror; target: BuildSuite },
  options: OriginOptions,
  progress: Progress,
): Promise<PreparedOrigin> {
  switch (spec.type) {
    case 'apt': {
      const key = resolve(base, spec.key);
      if (!(await exists(key))) {
        throw new KronosError(
          'input/file-missing',
          `the key file ${key} of the origin ${name} does not exist`,
          {
            hint: "save the repository's public key there",
          },
        );
      }
      const url = normalizeUri(spec.url);
      const { suite, components } = spec;
      return {
        sources: [{ name, uri: url, suite, components, keyring: key }],
        locked: { [name]: { type: 'apt', url, suite, components, key: await digestFile(key) } },
        debs: [],
        prefer: 'asked',
      };
    }
    case 'directory': {
      const debs = await readDebDirectory(resolve(base, spec.path), options.signal);
      const source = await makeLocalSource(name, debs, options.cache);
      return { sources: [source], locked: { [name]: { type: 'directory' } }, debs, prefer: 'all' };
    }
    case 'deb-src': {
      const { debs, version, dsc } = await rebuildSource(
        spec,
        { ...context, cache: options.cache, signal: options.signal },
        progress,
      );
      const source = await makeLocalSource(name, debs, options.cache);
      return {
        sources: [source],
        locked: {
          [name]: { type: 'deb-src', source: spec.source, version, suite: spec.suite, dsc },
        },
        debs,
        prefer: 'all',
      };
    }
  }
}

export interface PreparedOrigins {
  byName: Map<string, PreparedOrigin>;
  sources: AptSource[];
  /** Names of the distribution's sources. */
  distribution: ReadonlySet<string>;
  locked: Record<string, LockedOrigin>;
  debs: Map<string, LocalDeb>;
}

/**
 * Prepares the distribution and every origin that a chosen recipe uses.
 * Errors: `input/unknown-origin`, `input/reserved-origin`, `input/no-mirror`, those of the origins.
 */
export async function prepareOrigins(
  selection: Selection,
  options: OriginOptions,
  progress: Progress,
): Promise<PreparedOrigins> {
  const { edition, recipes } = selection;
  const mirror = await findMirror(options);
  const byName = new Map<string, PreparedOrigin>();
  const main = Object.entries(edition.origins).find(([, spec]) => spec.type === 'distribution');
  const components = main?.[1].type === 'distribution' ? main[1].components : ['main'];
  const distribution = prepareDistribution(mirror, edition.suite, components);
  const target = { suite: edition.suite, architecture: edition.architecture, components };
  byName.set('distribution', distribution);
  for (const recipe of recipes) {
    if (recipe.packages.length === 0 || byName.has(recipe.origin)) continue;
    const spec = edition.origins[recipe.origin];
    if (spec === undefined) {
      throw new KronosError(
        'input/unknown-origin',
        `recipe ${recipe.name} takes its packages from the origin ${recipe.origin}, which nobody has named`,
        {
          location: recipe.location,
          hint: `name it with --origin ${recipe.origin}=SPEC or under "origins" of the edition`,
        },
      );
    }
    if (spec.type === 'distribution') {
      byName.set(recipe.origin, distribution);
      continue;
    }
    if (recipe.origin === MAIN_ARCHIVE || recipe.origin === SECURITY_ARCHIVE) {
      throw new KronosError(
        'input/reserved-origin',
        `the name ${recipe.origin} is the distribution's own`,
        {
          location: recipe.location,
          hint: 'give the origin another name',
        },
      );
    }
    byName.set(
      recipe.origin,
      await prepareOrigin(
        recipe.origin,
        spec,
        dirname(edition.location.file),
        { mirror, target },
        options,
        progress,
      ),
    );
  }
  const all = [...new Set(byName.values())];
  return {
    byName,
    sources: all.flatMap((one) => one.sources),
    distribution: new Set(distribution.sources.map((source) => source.name)),
    locked: Object.assign({}, ...all.map((one) => one.locked)) as Record<string, LockedOrigin>,
    debs: new Map(all.flatMap((one) => one.debs).map((deb) => [deb.sha256, deb])),
  };
}
