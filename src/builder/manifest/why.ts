// Why something is in the appliance: which recipe brought a package or a path. Pure.
import { KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import { formatBytes } from '../../common/format.ts';
import type { Entry, Layer } from '../image/contents.ts';
import type { Manifest } from './manifest.ts';
import { canonicalPath } from './owners.ts';

export interface WhyPackage {
  kind: 'package';
  name: string;
  version: string;
  architecture: string;
  /** `host`, `live` or `tools`. */
  layer: string;
  origin: string;
  /** The recipe that asked, or whose requests led to it; tools have none here. */
  recipe: string | undefined;
  /** True where the recipe names it. */
  asked: boolean;
  /** Shortest way from a package that a recipe asks for; empty where only the distribution's base set explains it. */
  chain: string[];
}

export interface WhyPath {
  kind: 'path';
  path: string;
  layer: string;
  entry: Entry;
  owner: string | undefined;
  /** Where the owner is a package, or a package's program made the file. */
  package: WhyPackage | undefined;
  /** Where a recipe brought the file. */
  recipe: string | undefined;
  /** Layers below that have the path too, hidden by this one. */
  hidden: { layer: string; owner: string | undefined }[];
}

export interface WhyDirectory {
  kind: 'directory';
  path: string;
  /** Largest first. */
  owners: { owner: string; files: number; bytes: number }[];
}

export type Why = WhyPackage | WhyPath | WhyDirectory;

export interface WhySource {
  manifest: Manifest;
  layers: readonly Layer[];
}

/**
 * Says which recipe brought a path (begins with `/`) or a package.
 * Errors: `input/unknown-path`, `input/unknown-package`, each with the nearest name there is.
 */
export function why(query: string, source: WhySource): Why {
  return query.startsWith('/') ? whyPath(query, source) : whyPackage(query, source.manifest);
}

/** The answer as text. */
export function formatWhy(answer: Why): string {
  if (answer.kind === 'package') return formatPackage(answer);
  if (answer.kind === 'directory') {
    const lines = answer.owners.map(
      ({ owner, files, bytes }) =>
        `  ${owner}: ${files} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}`,
    );
    return [`${answer.path} holds files of`, ...lines].join('\n');
  }
  const { path, layer, entry, owner = 'nobody', hidden } = answer;
  const mode = entry.mode.toString(8).padStart(4, '0');
  const size = entry.size === undefined ? '' : `, ${formatBytes(entry.size)}`;
  const lines = [`${path} (${entry.type}, mode ${mode}${size}) is in layer ${layer}`];
  if (answer.recipe !== undefined && answer.package === undefined)
    lines.push(`  it is a file of recipe ${answer.recipe}`);
  else if (owner.startsWith('generated:'))
    lines.push(`  it was made by package ${owner.slice('generated:'.length)}`);
  else lines.push(`  it belongs to ${owner.replace(':', ' ')}`);
  for (const below of hidden)
    lines.push(`  it hides the same path of layer ${below.layer} (${below.owner ?? 'no owner'})`);
  if (answer.package !== undefined) lines.push(formatPackage(answer.package));
  return lines.join('\n');
}

function formatPackage(item: WhyPackage): string {
  const lines = [
    `${item.name} ${item.version} (${item.architecture}) is in the ${item.layer} packages, from ${item.origin}`,
  ];
  const recipe = item.recipe ?? '';
  if (item.layer === 'tools')
    lines.push('  its programs make the artefacts; it is not part of the appliance');
  else if (item.asked) lines.push(`  recipe ${recipe} asks for it`);
  else if (item.chain.length > 1)
    lines.push(`  recipe ${recipe} led to it: ${item.chain.join(' -> ')}`);
  else lines.push(`  it came with recipe ${recipe}; no package that a recipe names depends on it`);
  return lines.join('\n');
}

function whyPackage(query: string, manifest: Manifest): WhyPackage {
  const [name = '', architecture] = query.split(':');
  const fits = (item: { name: string; architecture: string }): boolean =>
    item.name === name && (architecture === undefined || item.architecture === architecture);
  const found = manifest.packages.find(fits);
  if (found !== undefined) {
    const { version, layer, origin, recipe, asked } = found;
    const chain = chainTo(name, recipe, manifest);
    return {
      kind: 'package',
      name,
      version,
      architecture: found.architecture,
      layer,
      origin,
      recipe,
      asked,
      chain,
    };
  }
  const tool = manifest.tools.find(fits);
  if (tool !== undefined) {
    const { version, origin } = tool;
    const facts = { name, version, architecture: tool.architecture, origin, recipe: undefined };
    return { kind: 'package', ...facts, layer: 'tools', asked: false, chain: [] };
  }
  const close = nearest(
    name,
    [...manifest.packages, ...manifest.tools].map((item) => item.name),
  );
  throw new KronosError(
    'input/unknown-package',
    `${manifest.name} has no package ${JSON.stringify(query)}`,
    {
      hint:
        close === undefined ? 'paths begin with /' : `did you mean ${close}? (paths begin with /)`,
    },
  );
}

/** Shortest chain of dependencies from a package that is asked for, of the same recipe if there is one. */
function chainTo(target: string, recipe: string, manifest: Manifest): string[] {
  const depends = new Map(manifest.packages.map((item) => [item.name, item.depends]));
  const starts = manifest.packages.filter(({ asked }) => asked);
  const own = starts.filter((item) => item.recipe === recipe);
  return search(own, target, depends) ?? search(starts, target, depends) ?? [];
}

function search(
  starts: readonly { name: string }[],
  target: string,
  depends: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const seen = new Set(starts.map(({ name }) => name));
  let chains = [...seen].map((name) => [name]);
  while (chains.length > 0) {
    const found = chains.find((chain) => chain.at(-1) === target);
    if (found !== undefined) return found;
    chains = chains.flatMap((chain) =>
      (depends.get(chain.at(-1) ?? '') ?? []).flatMap((next) => {
        if (seen.has(next)) return [];
        seen.add(next);
        return [[...chain, next]];
      }),
    );
  }
  return undefined;
}

function whyPath(query: string, { manifest, layers }: WhySource): WhyPath | WhyDirectory {
  const path = canonicalPath(query);
  const sorted = [...layers].sort((a, b) => b.order - a.order);
  const hits = sorted.flatMap(({ name, entries }) => {
    const entry =
      entries.find((item) => item.path === path) ?? entries.find((item) => item.path === query);
    return entry === undefined ? [] : [{ layer: name, entry }];
  });
  const [top, ...below] = hits;
  if (top === undefined) throw unknownPath(query, manifest.name, layers);
  if (top.entry.type === 'directory') return whyDirectory(top.entry.path, layers);
  const { layer, entry } = top;
  const [kind, name = ''] = (entry.owner ?? '').split(/:(.*)/s);
  const item = kind === 'recipe' || name === '' ? undefined : whyPackageOrUndefined(name, manifest);
  return {
    kind: 'path',
    path: entry.path,
    layer,
    entry,
    owner: entry.owner,
    package: item,
    recipe: kind === 'recipe' ? name : item?.recipe,
    hidden: below.map((hit) => ({ layer: hit.layer, owner: hit.entry.owner })),
  };
}

function whyPackageOrUndefined(name: string, manifest: Manifest): WhyPackage | undefined {
  return manifest.packages.some((item) => item.name === name)
    ? whyPackage(name, manifest)
    : undefined;
}

function whyDirectory(path: string, layers: readonly Layer[]): WhyDirectory {
  const owners = new Map<string, { owner: string; files: number; bytes: number }>();
  const prefix = path === '/' ? '/' : `${path}/`;
  for (const entry of layers.flatMap(({ entries }) => entries)) {
    if (!entry.path.startsWith(prefix) || entry.type === 'directory') continue;
    const owner = entry.owner ?? 'no owner';
    const sum = owners.get(owner) ?? { owner, files: 0, bytes: 0 };
    sum.files += 1;
    sum.bytes += entry.size ?? 0;
    owners.set(owner, sum);
  }
  const sorted = [...owners.values()].sort(
    (a, b) => b.bytes - a.bytes || (a.owner < b.owner ? -1 : 1),
  );
  return { kind: 'directory', path, owners: sorted };
}

function unknownPath(query: string, release: string, layers: readonly Layer[]): KronosError {
  const paths = layers.flatMap(({ entries }) => entries.map(({ path }) => path));
  const base = query.slice(query.lastIndexOf('/') + 1);
  // The same name elsewhere is a better guess than a similar path.
  const same = paths.filter((path) => path.endsWith(`/${base}`)).sort();
  const guesses =
    same.length > 0 && base !== ''
      ? same.slice(0, 3)
      : [nearest(query, paths)].filter((path) => path !== undefined);
  return new KronosError('input/unknown-path', `${release} has no ${query}`, {
    hint:
      guesses.length === 0
        ? 'packages are named without /'
        : `did you mean ${guesses.join(' or ')}?`,
  });
}
