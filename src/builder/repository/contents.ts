// What a repository holds before and after: pure, so that a conflict is told before anything is written.
import { KronosError, KronosErrors } from '../../common/error.ts';

/** One package of a suite. */
export interface Entry {
  /** What a person calls it; no two packages of a repository share it: `kronos 1.0-1 all`. */
  title: string;
  /** Below the repository (Debian packages) or below its suite (RPM packages). */
  path: string;
  sha256: string;
  /** Where its bytes are now. */
  file: string;
}

/** What happens to a suite. */
export interface SuiteChange<T extends Entry> {
  suite: string;
  /** All that it holds afterwards. */
  entries: T[];
  added: T[];
  /** Named, and there already. */
  present: T[];
  /** Not named, and kept. */
  kept: T[];
}

const DIFFERENT = 'give the package another version: who installed it would never see the new one';

function conflict(incoming: Entry, other: Entry): KronosError {
  return new KronosError(
    'input/package-differs',
    incoming.title === other.title
      ? `${incoming.title} is there already with other content: ${incoming.file} is not ${other.file}`
      : `${incoming.title} would be the same file as ${other.title}: ${incoming.path}`,
    { hint: DIFFERENT },
  );
}

/**
 * Each package once. Errors: `input/package-differs` where two say they are the same, and are not.
 */
export function withoutRepeats<T extends Entry>(entries: readonly T[]): T[] {
  return [...mergeEntries([], entries).values()];
}

/** Known and incoming ones by title; the known ones stay what they are. */
function mergeEntries<T extends Entry>(known: Iterable<T>, incoming: readonly T[]): Map<string, T> {
  const byTitle = new Map<string, T>();
  const byPath = new Map<string, T>();
  for (const entry of known) {
    byTitle.set(entry.title, entry);
    byPath.set(entry.path, entry);
  }
  const conflicts: KronosError[] = [];
  for (const entry of incoming) {
    const other = byTitle.get(entry.title) ?? byPath.get(entry.path);
    if (other !== undefined && other.sha256 !== entry.sha256) {
      conflicts.push(conflict(entry, other));
    } else if (!byTitle.has(entry.title)) {
      byTitle.set(entry.title, entry);
      byPath.set(entry.path, entry);
    }
  }
  if (conflicts.length > 0) throw new KronosErrors(conflicts);
  return byTitle;
}

/**
 * Puts packages into suites. A package means the same bytes in the whole repository, whatever suites it is in.
 * Errors: `input/package-differs`, for all conflicts at once.
 */
export function changeSuites<T extends Entry>(
  former: ReadonlyMap<string, readonly T[]>,
  incoming: readonly T[],
  suites: readonly string[],
): SuiteChange<T>[] {
  mergeEntries([...former.values()].flat(), incoming);
  return suites.map((suite) => {
    const before = former.get(suite) ?? [];
    const there = new Set(before.map(({ title }) => title));
    const named = new Set(incoming.map(({ title }) => title));
    const added = incoming.filter(({ title }) => !there.has(title));
    return {
      suite,
      entries: [...before, ...added],
      added,
      present: before.filter(({ title }) => named.has(title)),
      kept: before.filter(({ title }) => !named.has(title)),
    };
  });
}

/**
 * The date of an index in seconds since 1970: never before that of the former one, because clients take an index that
 * is older than what they have for an attack.
 */
export function indexDate(options: {
  former: number | undefined;
  /** Dates of the packages that are new. */
  packages: readonly number[];
  /** SOURCE_DATE_EPOCH, where it is set. */
  epoch: number | undefined;
}): number {
  const own = options.epoch ?? Math.max(0, ...options.packages);
  return Math.max(own, options.former ?? 0);
}
