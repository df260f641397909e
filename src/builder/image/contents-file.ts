// Contents as text: one entry a line, sorted by path, keys sorted, so that the same layer always gives the same bytes.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { digestOf, SHA256_PATTERN, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { writeFileAtomic } from '../../common/files.ts';
import type { Entry, Layer } from './contents.ts';

const entrySchema = z.strictObject({
  path: z.string().startsWith('/'),
  type: z.enum(['file', 'directory', 'symlink', 'character', 'block', 'fifo', 'socket']),
  mode: z.int().min(0).max(0o7777),
  uid: z.int().min(0),
  gid: z.int().min(0),
  size: z.int().min(0).exactOptional(),
  sha256: z.string().regex(SHA256_PATTERN).exactOptional(),
  target: z.string().exactOptional(),
  owner: z
    .string()
    .regex(/^(package|recipe|generated):./)
    .exactOptional(),
});

const releaseEntrySchema = entrySchema.extend({
  layer: z.string().min(1),
  order: z.int().min(0),
  live: z.boolean(),
});

/** Orders paths by code unit, the same on every machine. */
export function comparePaths(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The text of one layer's contents: sorted by path, one entry a line. */
export function formatContents(entries: readonly Entry[]): string {
  return [...entries]
    .sort(comparePaths)
    .map((entry) => `${JSON.stringify(sortKeys(entry))}\n`)
    .join('');
}

/** The entry with its keys in their order, as canonicalJson would find it out for each of twenty thousand entries. */
function sortKeys(entry: Entry, release?: { layer: string; order: number; live: boolean }) {
  const { path, type, mode, uid, gid, size, sha256, target, owner } = entry;
  const { layer, order, live } = release ?? {};
  // What an entry does not have is left out of the text.
  return { gid, layer, live, mode, order, owner, path, sha256, size, target, type, uid };
}

/** sha256 of the text that `formatContents` makes. */
export function digestContents(entries: readonly Entry[]): Sha256 {
  return digestOf(formatContents(entries));
}

/** Reads the text that `formatContents` made. Errors: `verification/damaged-contents` with file and line. */
export function parseContents(text: string, file: string): Entry[] {
  return parseLines(text, file, entrySchema);
}

/** Writes one layer's contents, whole or not at all. */
export async function writeContents(path: string, entries: readonly Entry[]): Promise<void> {
  await writeFileAtomic(path, formatContents(entries));
}

/** Reads one layer's contents. Errors: those of node:fs and of `parseContents`. */
export async function readContents(path: string): Promise<Entry[]> {
  return parseContents(await readFile(path, 'utf8'), path);
}

/** Layers with all texts about them that need nothing but their entries. */
export interface DescribedContents {
  /** Each with what `digestContents` says of it. */
  layers: readonly (Layer & { digest: Sha256 })[];
  /** What `formatReleaseContents` says. */
  text: string;
}

/** Makes the texts about what layers hold. */
export function describeContents(layers: readonly Layer[]): DescribedContents {
  return {
    layers: layers.map((layer) => ({ ...layer, digest: digestContents(layer.entries) })),
    text: formatReleaseContents(layers),
  };
}

/**
 * All layers of a release in one text: bottom layer first, each line an entry with the name, order and kind of its
 * layer. Not compressed: deflate differs between builds of Node, and the text has to be the same everywhere.
 */
export function formatReleaseContents(layers: readonly Layer[]): string {
  return [...layers]
    .sort((a, b) => a.order - b.order)
    .flatMap(({ name, order, live, entries }) =>
      [...entries]
        .sort(comparePaths)
        .map((entry) => `${JSON.stringify(sortKeys(entry, { layer: name, order, live }))}\n`),
    )
    .join('');
}

/** Reads the text that `formatReleaseContents` made. Errors: `verification/damaged-contents` with file and line. */
export function parseReleaseContents(text: string, file: string): Layer[] {
  const layers = new Map<string, Layer & { entries: Entry[] }>();
  for (const { layer, order, live, ...entry } of parseLines(text, file, releaseEntrySchema)) {
    const known = layers.get(layer) ?? { name: layer, order, live, entries: [] };
    known.entries.push(entry);
    layers.set(layer, known);
  }
  return [...layers.values()].sort((a, b) => a.order - b.order);
}

/**
 * What a running system sees of stacked layers: the upper entry of a path wins, and what lies below a directory that
 * an upper layer replaced by something else is gone. Sorted by path.
 */
export function mergeLayers(layers: readonly Layer[]): Entry[] {
  const merged = new Map<string, Entry>();
  for (const { entries } of [...layers].sort((a, b) => a.order - b.order)) {
    for (const entry of [...entries].sort(comparePaths)) {
      const below = merged.get(entry.path);
      if (below?.type === 'directory' && entry.type !== 'directory') {
        for (const path of merged.keys()) {
          if (path.startsWith(`${entry.path}/`)) merged.delete(path);
        }
      }
      merged.set(entry.path, entry);
    }
  }
  return [...merged.values()].sort(comparePaths);
}

function parseLines<T>(text: string, file: string, schema: z.ZodType<T>): T[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    const result = schema.safeParse(parseJson(line));
    if (result.success) return result.data;
    throw new KronosError(
      'verification/damaged-contents',
      `reading the list of contents: ${z.prettifyError(result.error).replaceAll('\n', ' ')}`,
      {
        location: { file, line: index + 1 },
        hint: 'the file was changed or cut after it was made; copy it again or build again',
      },
    );
  });
}

/** Undefined where the line is no JSON: the schema then says what is wrong. */
function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
