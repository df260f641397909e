// What differs between what should be and what is, entry by entry. Pure.
import type { Entry } from '../image/contents.ts';
import type { InstalledPackage } from './dpkg-status.ts';
import type { ManifestPackage } from './manifest.ts';

/** One thing that is not as the release says. */
export interface Problem {
  /** Stable; becomes the error code `verification/NAME`. */
  name:
    | 'signature'
    | 'missing-file'
    | 'unexpected-file'
    | 'changed-file'
    | 'unlisted-file'
    | 'unreadable-layer'
    | 'unreadable-iso'
    | 'changed-content'
    | 'changed-package'
    | 'sbom';
  /** Path relative to the release; `iso:/path` on the medium; `layer:/path` in a layer. */
  file: string;
  expected: string;
  found: string;
}

const ATTRIBUTES = ['type', 'mode', 'uid', 'gid', 'size', 'target', 'sha256'] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** The attributes in which two entries of a path differ; owners do not count, a layer does not hold them. */
export function differingAttributes(a: Entry, b: Entry): Attribute[] {
  return ATTRIBUTES.filter((attribute) => a[attribute] !== b[attribute]);
}

/** An attribute as a person reads it: `mode 0755`, `size 12`. */
export function formatAttribute(entry: Entry, attribute: Attribute): string {
  const value = entry[attribute];
  if (attribute === 'mode') return `mode ${entry.mode.toString(8).padStart(4, '0')}`;
  return `${attribute} ${value === undefined ? 'none' : String(value)}`;
}

/** Compares a layer with its list of contents. */
export function compareEntries(
  layer: string,
  expected: readonly Entry[],
  found: readonly Entry[],
): Problem[] {
  const problems: Problem[] = [];
  const rest = new Map(found.map((entry) => [entry.path, entry]));
  for (const entry of expected) {
    const real = rest.get(entry.path);
    rest.delete(entry.path);
    const file = `${layer}:${entry.path}`;
    if (real === undefined) {
      problems.push({ name: 'changed-content', file, expected: entry.type, found: 'nothing' });
      continue;
    }
    const differing = differingAttributes(entry, real);
    if (differing.length === 0) continue;
    problems.push({
      name: 'changed-content',
      file,
      expected: differing.map((attribute) => formatAttribute(entry, attribute)).join(', '),
      found: differing.map((attribute) => formatAttribute(real, attribute)).join(', '),
    });
  }
  // Lists may leave out the root itself, which every squashfs has.
  rest.delete('/');
  for (const entry of rest.values()) {
    problems.push({
      name: 'changed-content',
      file: `${layer}:${entry.path}`,
      expected: 'nothing',
      found: entry.type,
    });
  }
  return problems;
}

/** Compares dpkg's record in a layer with the packages that the manifest says are in it. */
export function comparePackageLists(
  layer: string,
  expected: readonly ManifestPackage[],
  found: readonly InstalledPackage[],
): Problem[] {
  const rest = new Map(found.map((item) => [`${item.name}:${item.architecture}`, item.version]));
  const problems: Problem[] = [];
  const report = (item: string, wanted: string, real: string): void => {
    problems.push({
      name: 'changed-package',
      file: `${layer}: package ${item}`,
      expected: wanted,
      found: real,
    });
  };
  for (const { name, architecture, version } of expected) {
    const key = `${name}:${architecture}`;
    const real = rest.get(key);
    rest.delete(key);
    if (real !== version)
      report(key, `version ${version}`, real === undefined ? 'not installed' : `version ${real}`);
  }
  for (const [key, version] of rest) report(key, 'not installed', `version ${version}`);
  return problems;
}
