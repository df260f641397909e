// From the entries of a source and the lists of a recipe to packages. Nothing is read or written here.
import { posix } from 'node:path';
import type { Location } from '../../common/error.ts';
import type { Path } from '../../common/yaml.ts';
import { unitName } from '../files/units.ts';
import { comparePaths } from '../image/contents-file.ts';
import type { SplitDocument } from '../recipe/split-schema.ts';
import { claimEntries } from './claims.ts';
import type { TreeEntry } from './entry.ts';
import { failure, throwFindings, type Finding } from './finding.ts';
import { placeEntries, matcher, type PlacedEntry } from './layout.ts';
import { decideModes, refuseLinks, refuseSpecialFiles } from './refusals.ts';

/** Fields of a control file that a split may give. */
export const RELATION_FIELDS = [
  'depends',
  'recommends',
  'suggests',
  'conflicts',
  'breaks',
  'replaces',
  'provides',
] as const;

export type Relations = Record<(typeof RELATION_FIELDS)[number], string[]>;

/** One path of a package. */
export interface PlannedFile {
  path: string;
  type: 'file' | 'directory' | 'symlink';
  mode: number;
  target?: string | undefined;
  /** Where the content is; files only. */
  file?: string | undefined;
}

/** A package as it will be, but for its version and for what is found out about its programs. */
export interface PlannedPackage {
  name: string;
  summary: string;
  /** Sorted by path; the directories above every file are among them. */
  files: PlannedFile[];
  /** Sorted. */
  conffiles: string[];
  units: string[];
  groups: string[];
  relations: Relations;
  /** Names of the parts of the source that its files come from, sorted. */
  from: string[];
}

export interface SplitInput {
  entries: readonly TreeEntry[];
  /** With `{multiarch}` filled in. */
  split: SplitDocument;
  /** Only these packages; undefined: all of the split. */
  only?: readonly string[] | undefined;
  /** Where a key of the split is in the recipe's file. */
  locate: (path: Path) => Location;
}

export interface SplitPlan {
  packages: PlannedPackage[];
  /** Paths whose permission bits became narrower on the way, with both modes. */
  narrowed: { path: string; from: number; to: number }[];
}

/**
 * Gives every path of a source to exactly one package.
 * Errors, all at once: `input/unclaimed-paths`, `input/claims-nothing`, `input/claimed-twice`, `input/path-name`,
 * `input/path-clash`, `input/path-below-link`, `input/special-file`, `input/special-mode`, `input/link-outside`,
 * `input/unit-missing`.
 */
export function planSplit(input: SplitInput): SplitPlan {
  const { split } = input;
  const findings: Finding[] = [];
  const entries = placeEntries(input.entries, split, findings);
  refuseSpecialFiles(entries, findings);
  refuseLinks(entries, split, findings);
  const modes = decideModes(entries, split, findings);
  const claims = claimEntries(entries, split, input, findings);
  const packages = split.packages.flatMap((item, index) => {
    const claimed = claims.get(item.name);
    if (claimed === undefined) return [];
    const made = planPackage(item, claimed, modes);
    checkUnits(made, input.locate(['split', 'packages', index, 'units']), findings);
    return [made];
  });
  throwFindings(findings);
  const narrowed = entries.flatMap(({ path, type, mode }) => {
    const to = modes.get(path) ?? mode;
    return type === 'file' && to === (mode & 0o755) && to !== mode
      ? [{ path, from: mode, to }]
      : [];
  });
  return { packages, narrowed };
}

function planPackage(
  item: SplitDocument['packages'][number],
  claimed: readonly PlacedEntry[],
  modes: ReadonlyMap<string, number>,
): PlannedPackage {
  const files = new Map<string, PlannedFile>();
  const addDirectories = (path: string): void => {
    for (let at = posix.dirname(path); at !== '/' && !files.has(at); at = posix.dirname(at)) {
      files.set(at, { path: at, type: 'directory', mode: modes.get(at) ?? 0o755 });
    }
  };
  for (const { path, type, target, file } of claimed) {
    addDirectories(path);
    if (type !== 'file' && type !== 'directory' && type !== 'symlink') continue;
    const mode = type === 'symlink' ? 0o777 : (modes.get(path) ?? 0o755);
    files.set(path, { path, type, mode, target, file });
  }
  for (const { path, mode } of item.directories) {
    addDirectories(path);
    files.set(path, { path, type: 'directory', mode: Number.parseInt(mode, 8) });
  }
  const isConffile = matcher(item.conffiles);
  return {
    name: item.name,
    summary: item.summary,
    files: [...files.values()].sort(comparePaths),
    conffiles: claimed
      .filter(({ path, type, config }) => type === 'file' && (config === true || isConffile(path)))
      .map(({ path }) => path)
      .sort(),
    units: item.units,
    groups: item.groups,
    relations: {
      depends: item.depends,
      recommends: item.recommends,
      suggests: item.suggests,
      conflicts: item.conflicts,
      breaks: item.breaks,
      replaces: item.replaces,
      provides: item.provides,
    },
    from: [...new Set(claimed.map(({ from }) => from))].sort(),
  };
}

/** `name@instance.service` is made of `name@.service`. */
function templateOf(unit: string): string {
  return unit.replace(/@[^.]*\./, '@.');
}

function checkUnits(made: PlannedPackage, location: Location, findings: Finding[]): void {
  const there = new Set(made.files.flatMap(({ path }) => unitName(path) ?? []));
  const missing = made.units.filter((unit) => !there.has(unit) && !there.has(templateOf(unit)));
  if (missing.length === 0) return;
  findings.push(
    failure('input/unit-missing', `${made.name} enables units that are not among its files`, {
      lines: missing,
      location,
      hint: 'units are in /usr/lib/systemd/system; mend the name, or claim the file',
    }),
  );
}
