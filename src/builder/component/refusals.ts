// What a package does not carry unless the recipe says so: devices, setuid bits, links to what is not there.
import { posix } from 'node:path';
import { canonicalPath } from '../manifest/owners.ts';
import type { SplitDocument } from '../recipe/split-schema.ts';
import { failure, type Finding } from './finding.ts';
import { climbsOut, matcher, type PlacedEntry } from './layout.ts';

/** What a package never has. */
export const KINDS: Readonly<Record<string, string>> = {
  character: 'character device',
  block: 'block device',
  fifo: 'pipe',
  socket: 'socket',
};

/** Tells of devices, pipes and sockets: `input/special-file`. */
export function refuseSpecialFiles(entries: readonly PlacedEntry[], findings: Finding[]): void {
  const lines = entries
    .filter(({ type }) => KINDS[type] !== undefined)
    .map(({ path, type }) => `${path} (${KINDS[type] ?? type})`);
  if (lines.length === 0) return;
  findings.push(
    failure('input/special-file', 'these are neither files nor directories nor links', {
      lines,
      hint: 'udev makes devices, and programs their pipes and sockets: put the paths under "drop"',
    }),
  );
}

/** Octal, as recipes have it. */
export function formatMode(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`;
}

/**
 * The permission bits of every entry in a package: as declared, else those of the source without what lets others
 * write. Bits beyond those that nobody declared are told of: `input/special-mode`.
 */
export function decideModes(
  entries: readonly PlacedEntry[],
  split: SplitDocument,
  findings: Finding[],
): Map<string, number> {
  const declared = split.modes.map(({ path, mode }) => ({
    matches: matcher([path]),
    mode: Number.parseInt(mode, 8),
  }));
  const modes = new Map<string, number>();
  const lines: string[] = [];
  for (const { path, type, mode } of entries) {
    if (type === 'symlink') continue;
    const wanted = declared.findLast(({ matches }) => matches(path))?.mode;
    if (wanted === undefined && (mode & 0o7000) !== 0) lines.push(`${path} (${formatMode(mode)})`);
    modes.set(path, wanted ?? mode & 0o755);
  }
  if (lines.length > 0) {
    findings.push(
      failure('input/special-mode', 'these have setuid, setgid or sticky bits', {
        lines,
        hint: 'declare the whole mode under "modes", with those bits or without them',
      }),
    );
  }
  return modes;
}

/** Tells of links that lead nowhere or out of the tree, unless the split has them under `links`: `input/link-outside`. */
export function refuseLinks(
  entries: readonly PlacedEntry[],
  split: SplitDocument,
  findings: Finding[],
): void {
  const there = new Set(['/', '/dev/null']);
  const made = split.packages.flatMap(({ directories }) => directories);
  for (const { path } of [...entries, ...made]) {
    for (let at = path; !there.has(at); at = posix.dirname(at)) there.add(at);
  }
  const allowed = matcher(split.links);
  const lines: string[] = [];
  for (const { path, origin, target } of entries) {
    if (target === undefined) continue;
    const climbs = climbsOut(origin, target);
    const leads = target.startsWith('/') ? target : posix.join(posix.dirname(path), target);
    if (!climbs && (there.has(canonicalPath(posix.normalize(leads))) || allowed(path))) continue;
    lines.push(`${path} -> ${target}${climbs ? ' (out of the root)' : ''}`);
  }
  if (lines.length === 0) return;
  findings.push(
    failure('input/link-outside', 'these links lead to what is not in the source', {
      lines,
      hint: 'put links to files of other packages under "links", and mend or drop the others',
    }),
  );
}
