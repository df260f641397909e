// The version of every package, and the date of all files.
import { KronosError } from '../../common/error.ts';
import type { TreeEntry } from './entry.ts';
import { failure, throwFindings, type Finding } from './finding.ts';
import type { PlannedPackage } from './split.ts';

/** What dpkg takes as a version of a package that it builds. */
const VERSION = /^(?:[0-9]+:)?[0-9][0-9A-Za-z.+~-]*$/;

/**
 * The version of each package: the given one, else that of the .rpm files that its files come from. `rpms` has their
 * versions by label. Errors: `input/version`, `input/version-missing`, `input/version-ambiguous`.
 */
export function decideVersions(
  packages: readonly PlannedPackage[],
  rpms: ReadonlyMap<string, string>,
  given: string | undefined,
): Map<string, string> {
  const versions = new Map<string, string>();
  const missing: string[] = [];
  const several: string[] = [];
  for (const { name, from } of packages) {
    const own = new Set(from.map((label) => rpms.get(label)));
    const [first] = own;
    if (given !== undefined) versions.set(name, given);
    else if (first === undefined || own.has(undefined)) missing.push(name);
    else if (own.size > 1) several.push(`${name}: ${from.join(', ')}`);
    else versions.set(name, first);
  }
  const findings: Finding[] = [];
  if (missing.length > 0) {
    findings.push(
      failure('input/version-missing', 'nothing tells the version of', {
        lines: missing,
        hint: 'say it with --version; a file tree has none',
      }),
    );
  }
  if (several.length > 0) {
    findings.push(
      failure('input/version-ambiguous', 'files of several versions go into one package', {
        lines: several,
        hint: 'say with --version which it is to have',
      }),
    );
  }
  throwFindings(findings);
  for (const version of new Set(versions.values())) checkVersion(version);
  return versions;
}

function checkVersion(version: string): void {
  if (VERSION.test(version)) return;
  throw new KronosError('input/version', `Debian has no version ${JSON.stringify(version)}`, {
    hint: 'a version begins with a digit and has letters, digits and . + ~ -, for example 26.17.0-1',
  });
}

/** The newest date of a file, in seconds since 1970: directories change when things are copied, files need not. */
export function newestDate(entries: readonly TreeEntry[]): number {
  return entries.reduce(
    (newest, { type, modified }) => (type === 'file' ? Math.max(newest, modified) : newest),
    0,
  );
}
