// What differs between two releases: packages, paths of every layer, sizes of artefacts. Pure.
import { formatBytes, formatTable } from '../../common/format.ts';
import type { Entry, Layer } from '../image/contents.ts';
import { comparePaths } from '../image/contents-file.ts';
import { differingAttributes, formatAttribute } from './compare.ts';
import { comparePackages, type Manifest } from './manifest.ts';

/** A release as `diffReleases` takes it. */
export interface ReleaseData {
  manifest: Manifest;
  layers: readonly Layer[];
}

export interface PackageChange {
  name: string;
  architecture: string;
  layer: string;
  /** Undefined where the package was added. */
  from?: string;
  /** Undefined where the package was removed. */
  to?: string;
  /** True where the version is the same and the .deb is not. */
  rebuilt?: true;
}

export interface FileChange {
  path: string;
  owner?: string;
  /** Bytes that the change adds (or takes, if negative). */
  bytes: number;
  /** For changed paths: what changed, from and to. */
  what?: string;
}

export interface LayerDiff {
  name: string;
  added: FileChange[];
  removed: FileChange[];
  changed: FileChange[];
}

export interface ReleaseDiff {
  names: [string, string];
  /** Single facts that differ: edition, toolstack, lock, ... */
  facts: { name: string; from: string; to: string }[];
  packages: { added: PackageChange[]; removed: PackageChange[]; changed: PackageChange[] };
  /** Only layers that differ. */
  layers: LayerDiff[];
  /** Only artefacts that differ; `path` has the release's name replaced by `*`. Undefined: not there. */
  artefacts: { path: string; from: number | undefined; to: number | undefined }[];
  same: boolean;
}

/** Compares two releases. */
export function diffReleases(a: ReleaseData, b: ReleaseData): ReleaseDiff {
  const facts = diffFacts(a.manifest, b.manifest);
  const packages = diffPackages(a.manifest, b.manifest);
  const names = [...new Set([...a.layers, ...b.layers].map(({ name }) => name))];
  const layers = names
    .map((name) => diffLayer(name, entriesOf(a, name), entriesOf(b, name)))
    .filter(({ added, removed, changed }) => added.length + removed.length + changed.length > 0);
  const artefacts = diffArtefacts(a.manifest, b.manifest);
  const { added, removed, changed } = packages;
  const count =
    facts.length +
    added.length +
    removed.length +
    changed.length +
    layers.length +
    artefacts.length;
  return {
    names: [a.manifest.name, b.manifest.name],
    facts,
    packages,
    layers,
    artefacts,
    same: count === 0,
  };
}

/** The difference as text; at most `limit` paths of a kind in each layer. */
export function formatDiff(diff: ReleaseDiff, limit = 20): string {
  if (diff.same) return `${diff.names[0]} and ${diff.names[1]} are the same, byte for byte.`;
  const blocks: string[] = [];
  const table = (title: string, rows: string[][]): void => {
    if (rows.length > 0)
      blocks.push(
        `${title}\n${formatTable(rows.map((row) => [` ${row[0] ?? ''}`, ...row.slice(1)]))}`,
      );
  };
  table(
    'facts',
    diff.facts.map(({ name, from, to }) => [name, from, '->', to]),
  );
  const { added, removed, changed } = diff.packages;
  table('packages', [
    ...added.map(({ name, to = '' }) => ['+', name, to]),
    ...removed.map(({ name, from = '' }) => ['-', name, from]),
    ...changed.map(({ name, from = '', to = '', rebuilt }) => {
      return [
        '~',
        name,
        rebuilt === true ? `${to} (other .deb of the same version)` : `${from} -> ${to}`,
      ];
    }),
  ]);
  for (const layer of diff.layers) {
    const rows = (
      [
        ['+', layer.added],
        ['-', layer.removed],
        ['~', layer.changed],
      ] as const
    ).flatMap(([sign, files]) => [
      ...files.slice(0, limit).map(({ path, bytes, owner = '', what = '' }) => {
        return [sign, path, formatChange(bytes), owner, what];
      }),
      ...(files.length > limit ? [[sign, `and ${files.length - limit} more`]] : []),
    ]);
    table(`layer ${layer.name}`, rows);
  }
  table(
    'artefacts',
    diff.artefacts.map(({ path, from, to }) => [
      path,
      formatSize(from),
      '->',
      formatSize(to),
      formatChange((to ?? 0) - (from ?? 0)),
    ]),
  );
  return blocks.join('\n\n');
}

function diffFacts(a: Manifest, b: Manifest): ReleaseDiff['facts'] {
  const factsOf = (manifest: Manifest): Record<string, string> => ({
    kronos: manifest.kronos,
    edition: manifest.edition,
    suite: manifest.suite,
    architecture: manifest.architecture,
    toolstack: manifest.toolstack.name,
    'toolstack because': manifest.toolstack.reason,
    lock: manifest.lock,
    'build id': manifest.buildId,
    epoch: String(manifest.epoch),
    label: manifest.iso.label,
    ...Object.fromEntries(manifest.recipes.map(({ name, digest }) => [`recipe ${name}`, digest])),
  });
  const [before, after] = [factsOf(a), factsOf(b)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({
      name,
      from: shorten(before[name] ?? 'none'),
      to: shorten(after[name] ?? 'none'),
    }))
    .filter(({ name }) => before[name] !== after[name]);
}

function shorten(value: string): string {
  return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
}

function diffPackages(a: Manifest, b: Manifest): ReleaseDiff['packages'] {
  const key = (item: Manifest['packages'][number]): string => `${item.name}:${item.architecture}`;
  const before = new Map(a.packages.map((item) => [key(item), item]));
  const result: ReleaseDiff['packages'] = { added: [], removed: [], changed: [] };
  for (const item of b.packages) {
    const { name, architecture, layer, version: to } = item;
    const old = before.get(key(item));
    before.delete(key(item));
    if (old === undefined) result.added.push({ name, architecture, layer, to });
    else if (old.version !== to)
      result.changed.push({ name, architecture, layer, from: old.version, to });
    else if (old.sha256 !== item.sha256) {
      result.changed.push({ name, architecture, layer, from: to, to, rebuilt: true });
    }
  }
  for (const { name, architecture, layer, version: from } of before.values()) {
    result.removed.push({ name, architecture, layer, from });
  }
  for (const list of Object.values(result)) list.sort(comparePackages);
  return result;
}

function entriesOf(release: ReleaseData, name: string): readonly Entry[] {
  return release.layers.find((layer) => layer.name === name)?.entries ?? [];
}

function diffLayer(name: string, a: readonly Entry[], b: readonly Entry[]): LayerDiff {
  const before = new Map(a.map((entry) => [entry.path, entry]));
  const diff: LayerDiff = { name, added: [], removed: [], changed: [] };
  for (const entry of b) {
    const old = before.get(entry.path);
    before.delete(entry.path);
    if (old === undefined) {
      diff.added.push(change(entry, entry.size ?? 0));
      continue;
    }
    const attributes = differingAttributes(old, entry);
    if (attributes.length === 0) continue;
    const what = attributes.map((attribute) =>
      attribute === 'sha256'
        ? 'content'
        : `${formatAttribute(old, attribute)} -> ${formatAttribute(entry, attribute).replace(/^\S+ /, '')}`,
    );
    diff.changed.push({
      ...change(entry, (entry.size ?? 0) - (old.size ?? 0)),
      what: what.join(', '),
    });
  }
  diff.removed.push(...[...before.values()].map((entry) => change(entry, -(entry.size ?? 0))));
  for (const list of [diff.added, diff.removed, diff.changed]) list.sort(comparePaths);
  return diff;
}

function change({ path, owner }: Entry, bytes: number): FileChange {
  return { path, bytes, ...(owner === undefined ? {} : { owner }) };
}

function diffArtefacts(a: Manifest, b: Manifest): ReleaseDiff['artefacts'] {
  const filesOf = ({ name, artefacts }: Manifest) =>
    new Map(
      artefacts.map((file) => [
        file.path.startsWith(`${name}.`) ? `*${file.path.slice(name.length)}` : file.path,
        file,
      ]),
    );
  const [before, after] = [filesOf(a), filesOf(b)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((path) => before.get(path)?.sha256 !== after.get(path)?.sha256)
    .map((path) => ({ path, from: before.get(path)?.size, to: after.get(path)?.size }));
}

function formatSize(size: number | undefined): string {
  return size === undefined ? 'none' : formatBytes(size);
}

function formatChange(bytes: number): string {
  return `${bytes < 0 ? '-' : bytes > 0 ? '+' : ''}${formatBytes(Math.abs(bytes))}`;
}
