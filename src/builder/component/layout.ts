// Where the paths of a source are in the packages: links of a merged /usr, paths that the split changes, what it drops.
import { posix } from 'node:path';
import picomatch from 'picomatch';
import { comparePaths } from '../image/contents-file.ts';
import { canonicalPath } from '../manifest/owners.ts';
import type { SplitDocument } from '../recipe/split-schema.ts';
import { multiarchOf, type TreeEntry } from './entry.ts';
import { failure, type Finding } from './finding.ts';

/** An entry at its place in the packages; `path` and `target` are the new ones. */
export interface PlacedEntry extends TreeEntry {
  /** Where it was in the source. */
  origin: string;
  /** A directory that nothing lay in, there. */
  empty: boolean;
}

/** In Debian these are links that base-files brings. */
const MERGED_LINK = /^\/(?:bin|sbin|lib|lib32|lib64|libx32)$/;

/** dpkg's lists have a path a line. */
const CONTROL = /\p{Cc}/u;

/** A split with `{multiarch}` filled in. */
export function expandMultiarch(split: SplitDocument, architecture: string): SplitDocument {
  const multiarch = multiarchOf(architecture);
  const text = JSON.stringify(split);
  return JSON.parse(text.replaceAll('{multiarch}', multiarch)) as SplitDocument;
}

/** The first rule that fits says where a path is; links of a merged /usr are followed before and after. */
function movePath(path: string, rules: SplitDocument['paths']): string {
  const plain = canonicalPath(path);
  for (const { from, to } of rules) {
    // `/lib64/x` may be meant by either name.
    for (const one of [path, plain]) {
      if (one === from || one.startsWith(`${from}/`))
        return canonicalPath(to + one.slice(from.length));
    }
  }
  return plain;
}

/** Whether a relative target has more `..` than there are directories above the link. */
export function climbsOut(path: string, target: string): boolean {
  if (target.startsWith('/')) return false;
  return posix.join(posix.dirname(path).slice(1), target).split('/')[0] === '..';
}

/** The target that leads to the same file once link and file have moved. */
function moveTarget(
  path: string,
  placed: string,
  target: string,
  rules: SplitDocument['paths'],
): string {
  if (target.startsWith('/')) return target === '/dev/null' ? target : movePath(target, rules);
  if (climbsOut(path, target)) return target;
  const before = posix.join(posix.dirname(path), target);
  const after = movePath(before, rules);
  const same = posix.join(posix.dirname(placed), target);
  return same === after ? target : posix.relative(posix.dirname(placed), after);
}

/**
 * Places all entries and leaves out what the split drops; sorted by path, each path once. What cannot be placed is
 * told of in `findings`: `input/path-name`, `input/path-clash`, `input/path-below-link`.
 */
export function placeEntries(
  entries: readonly TreeEntry[],
  split: SplitDocument,
  findings: Finding[],
): PlacedEntry[] {
  const dropped = matcher(split.drop);
  const placed: PlacedEntry[] = [];
  const badNames: string[] = [];
  const parents = new Set(entries.map(({ path }) => posix.dirname(path)));
  for (const entry of entries) {
    if (MERGED_LINK.test(entry.path) && entry.type === 'symlink') continue;
    if (CONTROL.test(entry.path) || CONTROL.test(entry.target ?? '')) {
      badNames.push(JSON.stringify(entry.path));
      continue;
    }
    const path = movePath(entry.path, split.paths);
    if (dropped(path)) continue;
    const target =
      entry.target === undefined
        ? undefined
        : moveTarget(entry.path, path, entry.target, split.paths);
    const empty = entry.type === 'directory' && !parents.has(entry.path);
    placed.push({ ...entry, path, target, origin: entry.path, empty });
  }
  if (badNames.length > 0) {
    findings.push(
      failure('input/path-name', 'these names have line breaks or other control characters', {
        lines: badNames,
        hint: 'lists of packages hold one path a line; rename or drop the files',
      }),
    );
  }
  const once = mergeEntries(placed, findings);
  findBelowLinks(once, findings);
  return once;
}

/** Directories may be there several times; all else only once. */
function mergeEntries(placed: readonly PlacedEntry[], findings: Finding[]): PlacedEntry[] {
  const byPath = new Map<string, PlacedEntry>();
  const clashes: string[] = [];
  for (const entry of [...placed].sort(comparePaths)) {
    const first = byPath.get(entry.path);
    if (first === undefined) byPath.set(entry.path, entry);
    else if (first.type !== 'directory' || entry.type !== 'directory') {
      clashes.push(`${entry.path}: ${nameOf(first)} and ${nameOf(entry)}`);
    }
  }
  if (clashes.length > 0) {
    findings.push(
      failure('input/path-clash', 'these paths are there more than once', {
        lines: clashes,
        hint: 'drop one of the two, or move it under "paths"',
      }),
    );
  }
  return [...byPath.values()];
}

function nameOf(entry: PlacedEntry): string {
  return entry.origin === entry.path ? entry.from : `${entry.origin} of ${entry.from}`;
}

/** What lies below a link would be written wherever the link leads. */
function findBelowLinks(entries: readonly PlacedEntry[], findings: Finding[]): void {
  const others = new Map(
    entries.filter(({ type }) => type !== 'directory').map((entry) => [entry.path, entry]),
  );
  const lines: string[] = [];
  for (const { path } of entries) {
    for (let parent = posix.dirname(path); parent !== '/'; parent = posix.dirname(parent)) {
      const above = others.get(parent);
      if (above !== undefined) lines.push(`${path}: ${parent} is a ${above.type}`);
    }
  }
  if (lines.length === 0) return;
  findings.push(
    failure('input/path-below-link', 'these paths lie below what is no directory', {
      lines,
      hint: 'move the files to where the link leads, under "paths"',
    }),
  );
}

/** Whether a path matches one of some patterns. */
export function matcher(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  return picomatch([...patterns], { dot: true });
}
