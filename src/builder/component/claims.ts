// Which package takes which path. A path without a package, a pattern without a path and a path with two packages are
// mistakes of the lists, and all of them are told.
import { posix } from 'node:path';
import type { Location } from '../../common/error.ts';
import { formatLocation, KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { Path } from '../../common/yaml.ts';
import type { SplitDocument } from '../recipe/split-schema.ts';
import { failure, type Finding } from './finding.ts';
import { matcher, type PlacedEntry } from './layout.ts';
import { KINDS } from './refusals.ts';

interface Pattern {
  text: string;
  optional: boolean;
  matches: (path: string) => boolean;
  location: Location;
  used: boolean;
}

interface Claimant {
  name: string;
  patterns: Pattern[];
  excepted: (path: string) => boolean;
  /** It may claim nothing; then it is not made. */
  optional: boolean;
  /** Made although it claims nothing: it has directories of its own, or only stands for other packages. */
  standsAlone: boolean;
}

export interface ClaimOptions {
  only?: readonly string[] | undefined;
  locate: (path: Path) => Location;
}

/**
 * What each package takes, by its name; packages that are optional and take nothing are not among them. Directories
 * are taken only where they are empty in the source: all others come with what is in them.
 */
export function claimEntries(
  entries: readonly PlacedEntry[],
  split: SplitDocument,
  options: ClaimOptions,
  findings: Finding[],
): Map<string, PlacedEntry[]> {
  const claimants = readClaimants(split, options, findings);
  const claims = new Map<string, PlacedEntry[]>();
  const unclaimed: PlacedEntry[] = [];
  const twice: string[] = [];
  // Devices and the like are told of already.
  const leaves = findLeaves(entries).filter(({ type }) => KINDS[type] === undefined);
  for (const entry of leaves) {
    const takers = claimants.filter((claimant) => takes(claimant, entry.path));
    for (const { name } of takers) {
      const own = claims.get(name);
      if (own === undefined) claims.set(name, [entry]);
      else own.push(entry);
    }
    if (takers.length === 0) unclaimed.push(entry);
    if (takers.length > 1)
      twice.push(`${entry.path}: ${takers.map(({ name }) => name).join(', ')}`);
  }
  tellUnclaimed(unclaimed, leaves, findings);
  tellTwice(twice, findings);
  tellUnused(claimants, claims, findings);
  for (const { name, standsAlone } of claimants) {
    if (standsAlone && !claims.has(name)) claims.set(name, []);
  }
  return claims;
}

function readClaimants(
  split: SplitDocument,
  { only, locate }: ClaimOptions,
  findings: Finding[],
): Claimant[] {
  const known = split.packages.map(({ name }) => name);
  for (const name of only ?? []) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    findings.push(
      new KronosError('input/unknown-package', `the split has no package ${JSON.stringify(name)}`, {
        location: locate(['split', 'packages']),
        hint: guess === undefined ? `it has ${known.join(', ')}` : `did you mean ${guess}?`,
      }),
    );
  }
  const doubled = known.filter((name, index) => known.indexOf(name) !== index);
  if (doubled.length > 0) {
    findings.push(
      failure('input/duplicate-package', 'these packages are in the split more than once', {
        lines: doubled,
        location: locate(['split', 'packages']),
        hint: 'put their lists together',
      }),
    );
  }
  return split.packages.flatMap((item, index) => {
    if (only !== undefined && !only.includes(item.name)) return [];
    const patterns = item.files.map((file, position): Pattern => {
      const text = typeof file === 'string' ? file : file.path;
      return {
        text,
        optional: item.optional || (typeof file !== 'string' && file.optional),
        matches: matcher([text]),
        location: locate(['split', 'packages', index, 'files', position]),
        used: false,
      };
    });
    const excepted = matcher(item.except);
    const { optional } = item;
    const standsAlone = !optional && (item.directories.length > 0 || patterns.length === 0);
    return [{ name: item.name, patterns, excepted, optional, standsAlone }];
  });
}

function takes(claimant: Claimant, path: string): boolean {
  if (claimant.excepted(path)) return false;
  let taken = false;
  for (const pattern of claimant.patterns) {
    if (!pattern.matches(path)) continue;
    pattern.used = true;
    taken = true;
  }
  return taken;
}

/** Everything but directories that something lies in, or lay in before it was dropped or moved. */
function findLeaves(entries: readonly PlacedEntry[]): PlacedEntry[] {
  const parents = new Set(entries.map(({ path }) => posix.dirname(path)));
  return entries.filter(
    ({ path, type, empty }) => type !== 'directory' || (empty && !parents.has(path)),
  );
}

/** Directories that nobody takes anything of are named once, with the number of paths in them. */
function foldPaths(unclaimed: readonly PlacedEntry[], leaves: readonly PlacedEntry[]): string[] {
  const mixed = new Set(['/']);
  const lost = new Set(unclaimed.map(({ path }) => path));
  for (const { path } of leaves) {
    if (lost.has(path)) continue;
    for (let at = posix.dirname(path); !mixed.has(at); at = posix.dirname(at)) mixed.add(at);
  }
  const folded = new Map<string, number>();
  for (const { path } of unclaimed) {
    let top = path;
    for (let at = posix.dirname(path); !mixed.has(at); at = posix.dirname(at)) top = at;
    folded.set(top, (folded.get(top) ?? 0) + 1);
  }
  return [...folded].map(([path, count]) =>
    lost.has(path) ? path : `${path}/** (${String(count)} ${count === 1 ? 'path' : 'paths'})`,
  );
}

function tellUnclaimed(
  unclaimed: readonly PlacedEntry[],
  leaves: readonly PlacedEntry[],
  findings: Finding[],
): void {
  if (unclaimed.length === 0) return;
  findings.push(
    failure('input/unclaimed-paths', 'no package takes these paths', {
      lines: foldPaths(unclaimed, leaves),
      hint: 'add them to the files of a package, or to "drop" where they are not wanted',
      details: { paths: unclaimed.map(({ path }) => path) },
    }),
  );
}

function tellTwice(lines: readonly string[], findings: Finding[]): void {
  if (lines.length === 0) return;
  findings.push(
    failure('input/claimed-twice', 'more than one package takes these paths', {
      lines,
      hint: 'make a pattern narrower, or put one under "except"',
    }),
  );
}

function tellUnused(
  claimants: readonly Claimant[],
  claims: ReadonlyMap<string, unknown>,
  findings: Finding[],
): void {
  const lines = claimants.flatMap(({ name, patterns, optional, standsAlone }) => {
    const unused = patterns.filter((pattern) => !pattern.used && !pattern.optional);
    if (unused.length > 0)
      return unused.map(({ text, location }) => `${name}: ${text} (${formatLocation(location)})`);
    return optional || standsAlone || claims.has(name) ? [] : [`${name}: none of its patterns`];
  });
  if (lines.length === 0) return;
  findings.push(
    failure('input/claims-nothing', 'these patterns match nothing', {
      lines,
      hint: 'mend the pattern, or write { path, optional: true } where it may be missing',
    }),
  );
}
