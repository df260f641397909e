// The manifest: what a release is made of, by content. Nothing in it depends on when, where or by whom it was built.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { SHA256_PATTERN } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { LockedPackage } from '../lock/lock.ts';
import { sortRecords, type FileRecord } from './sums.ts';

const sha256 = z.string().regex(SHA256_PATTERN, 'expected a sha256 in lower-case hexadecimal');
const bytes = z.int().min(0);
const relativePath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'expected a path inside the directory',
  );
const file = z.strictObject({ path: relativePath, size: bytes, sha256 });

export const manifestSchema = z.strictObject({
  format: z.literal('kronos-manifest'),
  version: z.literal(1),
  /** Version of Kronos. */
  kronos: z.string().min(1),
  /** What the names of the artefacts begin with. */
  name: z.string().min(1),
  edition: z.string().min(1),
  suite: z.string().min(1),
  architecture: z.string().min(1),
  buildId: sha256,
  /** Seconds since 1970, from the lock. */
  epoch: z.int().min(0),
  toolstack: z.strictObject({ name: z.enum(['xl', 'xapi']), reason: z.string().min(1) }),
  lock: sha256,
  recipes: z.array(z.strictObject({ name: z.string().min(1), digest: sha256 })),
  /** What the appliance holds: layer `host` on hosts and medium, `live` on the medium only. */
  packages: z.array(
    z.strictObject({
      name: z.string().min(1),
      version: z.string().min(1),
      architecture: z.string().min(1),
      layer: z.enum(['host', 'live']),
      size: bytes,
      sha256,
      origin: z.string().min(1),
      recipe: z.string().min(1),
      asked: z.boolean(),
      /** Installed packages that its dependencies led to. */
      depends: z.array(z.string()),
    }),
  ),
  /** The packages whose programs made the artefacts. */
  tools: z.array(
    z.strictObject({
      name: z.string().min(1),
      version: z.string().min(1),
      architecture: z.string().min(1),
      sha256,
      origin: z.string().min(1),
    }),
  ),
  layers: z.array(
    z.strictObject({
      name: z.string().min(1),
      order: bytes,
      live: z.boolean(),
      /** Path on the medium. */
      path: relativePath,
      size: bytes,
      sha256,
      /** Digest of the layer's list of contents. */
      contents: sha256,
      entries: bytes,
    }),
  ),
  /** Every file on the medium. */
  medium: z.array(file),
  /** Every file of the release besides the manifest, SHA256SUMS and its signature. */
  artefacts: z.array(file),
  iso: z.strictObject({
    path: relativePath,
    label: z.string().min(1),
    /** Where a host file can be filled in: bytes from the start of the ISO. */
    hostArea: z.strictObject({ offset: bytes, size: bytes }),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestPackage = Manifest['packages'][number];
export type ManifestLayer = Manifest['layers'][number];

export interface ManifestInput extends Omit<
  Manifest,
  'format' | 'version' | 'packages' | 'tools' | 'medium' | 'artefacts'
> {
  /** All packages of the lock, tools included. */
  packages: readonly LockedPackage[];
  /** Package -> installed packages that its dependencies led to. */
  dependencies: ReadonlyMap<string, readonly string[]>;
  medium: readonly FileRecord[];
  artefacts: readonly FileRecord[];
}

/** Puts a manifest together: sorted, checked against its own schema. Pure. Errors: `internal/manifest`. */
export function makeManifest(input: ManifestInput): Manifest {
  const { packages, dependencies, medium, artefacts, ...facts } = input;
  const result = manifestSchema.safeParse({
    format: 'kronos-manifest',
    version: 1,
    ...facts,
    recipes: [...input.recipes].sort((a, b) => compare(a.name, b.name)),
    packages: packages
      .filter(({ layer }) => layer !== 'tools')
      .sort(comparePackages)
      .map(
        ({ name, version, architecture, layer, size, sha256: digest, origin, recipe, asked }) => {
          const depends = [...(dependencies.get(name) ?? [])].sort();
          return {
            name,
            version,
            architecture,
            layer,
            size,
            sha256: digest,
            origin,
            recipe,
            asked,
            depends,
          };
        },
      ),
    tools: packages
      .filter(({ layer }) => layer === 'tools')
      .sort(comparePackages)
      .map(({ name, version, architecture, sha256: digest, origin }) => {
        return { name, version, architecture, sha256: digest, origin };
      }),
    layers: [...input.layers].sort((a, b) => a.order - b.order),
    medium: sortRecords(medium),
    artefacts: sortRecords(artefacts),
  });
  if (result.success) return result.data;
  throw new KronosError(
    'internal/manifest',
    `writing the manifest: ${z.prettifyError(result.error)}`,
    {
      hint: 'this is a defect in Kronos; please report it with the lines above',
    },
  );
}

/** The manifest's text: keys in the schema's order, two spaces, final newline. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifestSchema.parse(manifest), null, 2)}\n`;
}

/** Reads a manifest's text. Errors: `verification/damaged-manifest`, `input/manifest-version`. */
export function parseManifest(text: string, path: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
  const version = z
    .looseObject({ format: z.literal('kronos-manifest'), version: z.int() })
    .safeParse(data);
  if (version.success && version.data.version !== 1) {
    throw new KronosError(
      'input/manifest-version',
      `reading the manifest: version ${version.data.version} is not known here, only version 1`,
      { location: { file: path }, hint: 'use the version of Kronos that made it, or a newer one' },
    );
  }
  const result = manifestSchema.safeParse(data);
  if (!result.success) throw damaged(path, z.prettifyError(result.error).replaceAll('\n', ' '));
  return result.data;
}

/** Reads a manifest file. Errors: those of node:fs and of `parseManifest`. */
export async function readManifest(path: string): Promise<Manifest> {
  return parseManifest(await readFile(path, 'utf8'), path);
}

/** Orders packages by name, then architecture. */
export function comparePackages(
  a: { name: string; architecture: string },
  b: { name: string; architecture: string },
): number {
  return compare(a.name, b.name) || compare(a.architecture, b.architecture);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function damaged(path: string, what: string): KronosError {
  return new KronosError('verification/damaged-manifest', `reading the manifest: ${what}`, {
    location: { file: path },
    hint: 'the file was changed or cut after it was made; copy it again or build again',
  });
}
