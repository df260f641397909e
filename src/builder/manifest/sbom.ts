// CycloneDX 1.6: every package, every recipe and every file of the appliance, written by hand because the format is
// small and must come out the same each time. https://cyclonedx.org/docs/1.6/json/
import type { Entry, Layer } from '../image/contents.ts';
import { comparePaths } from '../image/contents-file.ts';
import type { Manifest, ManifestPackage } from './manifest.ts';

export interface Property {
  name: string;
  value: string;
}

export interface Component {
  type: 'operating-system' | 'application' | 'library' | 'data' | 'file';
  'bom-ref'?: string;
  name: string;
  version?: string;
  description?: string;
  hashes?: { alg: 'SHA-256'; content: string }[];
  purl?: string;
  properties?: Property[];
  components?: Component[];
}

export interface Sbom {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  serialNumber: string;
  version: 1;
  metadata: {
    timestamp: string;
    tools: { components: Component[] };
    component: Component;
    properties: Property[];
  };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** What the SBOM needs of a manifest; it is made before the manifest, which lists it. */
export type SbomFacts = Omit<Manifest, 'format' | 'version' | 'artefacts' | 'iso'>;

const APPLIANCE = 'kronos:appliance';

/** The layer of squashfs that a package's files are in where nothing else is said. */
const LAYER_OF: Readonly<Record<ManifestPackage['layer'], string>> = {
  host: 'packages',
  live: 'live-packages',
};

/** Puts the SBOM together. `layers` must have owners; every entry that is no directory is in it once. Pure. */
export function makeSbom(facts: SbomFacts, layers: readonly Layer[]): Sbom {
  const files = groupByOwner(layers);
  // Taken out, so that no file is counted twice and what remains has no component of its own yet.
  const take = (owner: string): OwnedFiles | undefined => {
    const found = files.get(owner);
    files.delete(owner);
    return found;
  };
  const packages = facts.packages.map((item) =>
    packageComponent(item, facts.suite, take(`package:${item.name}`)),
  );
  const recipes = facts.recipes.map(({ name, digest }) =>
    withFiles(
      {
        type: 'application',
        'bom-ref': `kronos:recipe/${name}`,
        name: `recipe ${name}`,
        version: facts.kronos,
        properties: [{ name: 'kronos:digest', value: digest }],
      },
      take(`recipe:${name}`),
    ),
  );
  const others = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([owner, owned]) => otherComponent(owner, owned));
  const components = [...recipes, ...packages, ...others, mediumComponent(facts)];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(facts.buildId)}`,
    version: 1,
    metadata: {
      timestamp: new Date(facts.epoch * 1000).toISOString().replace('.000Z', 'Z'),
      tools: {
        components: [
          { type: 'application', name: 'kronos', version: facts.kronos },
          ...facts.tools.map((tool): Component => ({
            type: 'application',
            name: tool.name,
            version: tool.version,
            hashes: [{ alg: 'SHA-256', content: tool.sha256 }],
            purl: purlOf(tool, facts.suite),
          })),
        ],
      },
      component: {
        type: 'operating-system',
        'bom-ref': APPLIANCE,
        name: facts.name,
        version: facts.kronos,
        description: `Xen appliance, edition ${facts.edition}, toolstack ${facts.toolstack.name}`,
      },
      properties: [
        { name: 'kronos:build-id', value: facts.buildId },
        { name: 'kronos:lock', value: facts.lock },
        { name: 'kronos:toolstack', value: facts.toolstack.name },
      ],
    },
    components,
    dependencies: dependenciesOf(facts, components),
  };
}

/** The SBOM's text: one component a line, so that it stays small and a diff still reads. */
export function formatSbom(sbom: Sbom): string {
  const list = (items: readonly unknown[]): string =>
    items.length === 0
      ? '[]'
      : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const { components, dependencies, ...head } = sbom;
  const top = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return (
    `{\n${top.join(',\n')},\n  "components": ${list(components)},\n` +
    `  "dependencies": ${list(dependencies)}\n}\n`
  );
}

/** Package URL of a Debian package: https://github.com/package-url/purl-spec, type deb. */
export function purlOf(
  item: { name: string; version: string; architecture: string },
  suite: string,
): string {
  const [name, version] = [item.name, item.version].map(encodeURIComponent);
  return `pkg:deb/debian/${name ?? ''}@${version ?? ''}?arch=${item.architecture}&distro=${encodeURIComponent(suite)}`;
}

/** As much of a component as is read back; that of `makeSbom` fits, and that of a file does. */
export interface ReadComponent {
  name: string;
  hashes?: readonly { content: string }[] | undefined;
  properties?: readonly Property[] | undefined;
  components?: readonly ReadComponent[] | undefined;
}

/** A file that an SBOM accounts for. */
export interface CoveredFile {
  layer: string;
  path: string;
  /** Undefined for what is no regular file. */
  sha256: string | undefined;
}

/** Every file of the layers that the SBOM accounts for; the counterpart of `makeSbom`. */
export function coveredFiles(components: readonly ReadComponent[]): CoveredFile[] {
  return components.flatMap((owner) => {
    const layer = property(owner, 'kronos:files-in') ?? '';
    if (layer === 'medium') return [];
    return (owner.components ?? []).map((file) => ({
      layer: property(file, 'kronos:layer') ?? layer,
      path: file.name,
      sha256: file.hashes?.[0]?.content,
    }));
  });
}

type OwnedFiles = { layer: string; entry: Entry }[];

function groupByOwner(layers: readonly Layer[]): Map<string, OwnedFiles> {
  const groups = new Map<string, OwnedFiles>();
  for (const { name, entries } of [...layers].sort((a, b) => a.order - b.order)) {
    for (const entry of [...entries].sort(comparePaths)) {
      if (entry.type === 'directory') continue;
      const owner = entry.owner ?? 'unknown';
      const group = groups.get(owner) ?? [];
      group.push({ layer: name, entry });
      groups.set(owner, group);
    }
  }
  return groups;
}

function packageComponent(
  item: ManifestPackage,
  suite: string,
  files: OwnedFiles | undefined,
): Component {
  const purl = purlOf(item, suite);
  return withFiles(
    {
      type: 'library',
      'bom-ref': purl,
      name: item.name,
      version: item.version,
      hashes: [{ alg: 'SHA-256', content: item.sha256 }],
      purl,
      properties: [
        { name: 'kronos:layer', value: item.layer },
        { name: 'kronos:origin', value: item.origin },
        { name: 'kronos:recipe', value: item.recipe },
      ],
    },
    files,
    LAYER_OF[item.layer],
  );
}

/** Files made by a package's programs, and files of packages that the manifest does not know. */
function otherComponent(owner: string, files: OwnedFiles): Component {
  const colon = owner.indexOf(':');
  const kind = owner.slice(0, Math.max(0, colon));
  const name = owner.slice(colon + 1);
  return withFiles(
    {
      type: 'data',
      'bom-ref': `kronos:${kind}/${name}`,
      name: kind === 'generated' ? `files made by ${name}` : owner,
      properties: [{ name: 'kronos:owner', value: owner }],
    },
    files,
  );
}

/** What is on the medium beside the layers: boot loader, hypervisor, kernel, initrd. */
function mediumComponent(facts: SbomFacts): Component {
  const layers = new Set(facts.layers.map(({ path }) => path));
  return {
    type: 'data',
    'bom-ref': 'kronos:medium',
    name: 'boot files of the medium',
    properties: [{ name: 'kronos:files-in', value: 'medium' }],
    components: facts.medium
      .filter(({ path }) => !layers.has(path))
      .map(({ path, sha256 }) => ({
        type: 'file',
        name: `/${path}`,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
      })),
  };
}

/** Nests files; only those outside the component's usual layer carry a layer of their own. */
function withFiles(
  component: Component,
  files: OwnedFiles = [],
  usual = files[0]?.layer,
): Component {
  if (files.length === 0 || usual === undefined) return component;
  return {
    ...component,
    properties: [...(component.properties ?? []), { name: 'kronos:files-in', value: usual }],
    components: files.map(({ layer, entry }) =>
      fileComponent(entry, layer === usual ? undefined : layer),
    ),
  };
}

function fileComponent(entry: Entry, layer: string | undefined): Component {
  const properties: Property[] = [];
  if (layer !== undefined) properties.push({ name: 'kronos:layer', value: layer });
  if (entry.type !== 'file') properties.push({ name: 'kronos:type', value: entry.type });
  if (entry.target !== undefined) properties.push({ name: 'kronos:target', value: entry.target });
  return {
    type: 'file',
    name: entry.path,
    ...(entry.sha256 === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: entry.sha256 }] }),
    ...(properties.length === 0 ? {} : { properties }),
  };
}

/** The appliance needs its recipes, a recipe the packages that it asks for, a package those of its dependencies. */
function dependenciesOf(facts: SbomFacts, components: readonly Component[]): Sbom['dependencies'] {
  const refs = new Map<string, string>();
  for (const item of facts.packages) refs.set(item.name, purlOf(item, facts.suite));
  const graph = [
    { ref: APPLIANCE, dependsOn: components.flatMap((component) => component['bom-ref'] ?? []) },
    ...facts.recipes.map(({ name }) => ({
      ref: `kronos:recipe/${name}`,
      dependsOn: facts.packages
        .filter(({ recipe, asked }) => asked && recipe === name)
        .map((item) => purlOf(item, facts.suite)),
    })),
    ...facts.packages.map((item) => ({
      ref: purlOf(item, facts.suite),
      dependsOn: item.depends.flatMap((name) => refs.get(name) ?? []),
    })),
  ];
  return graph.map(({ ref, dependsOn }) => ({ ref, dependsOn: [...new Set(dependsOn)].sort() }));
}

function property(component: ReadComponent, name: string): string | undefined {
  return component.properties?.find((item) => item.name === name)?.value;
}

/** A UUID of version 5's shape from the first half of a sha256: the same build has the same serial number. */
function uuidOf(sha256: string): string {
  const digits = Array.from(sha256.slice(0, 32));
  digits[12] = '5';
  digits[16] = ((parseInt(digits[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  const text = digits.join('');
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join('-');
}
