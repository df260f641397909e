// sha256 of texts, files and plain data; the same data gives the same digest whatever the order of its keys.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** A lower-case hexadecimal sha256. */
export type Sha256 = string;

export const SHA256_PATTERN = /^[0-9a-f]{64}$/;

/** sha256 of a text (UTF-8) or of bytes. */
export function digestOf(data: string | Uint8Array): Sha256 {
  return createHash('sha256').update(data).digest('hex');
}

/** Bytes that a file is read by. */
const CHUNK = 1024 * 1024;

/** Bytes of a file, both ends included; left out: from its start, to its end. */
export interface ByteRange {
  start?: number;
  end?: number;
}

/** sha256 of a file, or of a part of it. Errors: those of node:fs. */
export async function digestFile(path: string, range: ByteRange = {}): Promise<Sha256> {
  const hash = createHash('sha256');
  await updateFromFile(hash, path, range);
  return hash.digest('hex');
}

/**
 * Adds bytes of a file to a digest. One buffer serves for all of them: a stream makes a new one for each piece, which
 * costs more than the digest. Errors: those of node:fs.
 */
export async function updateFromFile(hash: Hash, path: string, range: ByteRange): Promise<void> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  let position = range.start ?? 0;
  const end = (range.end ?? Infinity) + 1;
  const file = await open(path);
  try {
    while (position < end) {
      const wanted = Math.min(CHUNK, end - position);
      const { bytesRead } = await file.read(buffer, 0, wanted, position);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

let shared: Buffer | undefined;

/**
 * sha256 of a file, in one go: for many small files, one after the other. All share one buffer, because making one for
 * each costs as much as the digest. `other` gets the same bytes. Errors: those of node:fs.
 */
export function digestFileSync(path: string, other?: Hash): Sha256 {
  const buffer = (shared ??= Buffer.allocUnsafeSlow(CHUNK));
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const bytesRead = readSync(file, buffer, 0, CHUNK, null);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, bytesRead);
      hash.update(bytes);
      other?.update(bytes);
    }
  } finally {
    closeSync(file);
  }
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
