// sha256 of texts, files and plain data; the same data gives the same digest whatever the order of its keys.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A lower-case hexadecimal sha256. */
export type Sha256 = string;

export const SHA256_PATTERN = /^[0-9a-f]{64}$/;

/** sha256 of a text (UTF-8) or of bytes. */
export function digestOf(data: string | Uint8Array): Sha256 {
  return createHash('sha256').update(data).digest('hex');
}

/** sha256 of a file, or of `length` bytes of it from `start`. Errors: those of node:fs. */
export async function digestFile(
  path: string,
  range: { start?: number; end?: number } = {},
): Promise<Sha256> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024, ...range }), hash);
  return hash.digest('hex');
}

/** JSON with sorted keys and no white space: the text that digests of data are taken of. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    );
  });
}

/** sha256 of plain data. */
export function digestData(value: unknown): Sha256 {
  return digestOf(canonicalJson(value));
}
