// Where two builds that should be the same first differ: the path that a person has to look at.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile } from '../../common/digest.ts';
import { readTextOrUndefined } from '../../common/files.ts';
import type { Layer } from '../image/contents.ts';
import { parseReleaseContents } from '../image/contents-file.ts';
import { releaseNames } from '../publish.ts';
import { compareEntries } from './compare.ts';

export interface Difference {
  /** Path relative to both directories, or `LAYER:/path` for a path in a layer. */
  path: string;
  /** What it is in the first and in the second directory. */
  a: string;
  b: string;
  /** All files of the directories that differ, sorted. */
  files: string[];
}

/**
 * Compares two release directories byte by byte; undefined where they are the same. A path in a layer is named before
 * the artefacts that only differ because of it.
 */
export async function findFirstDifference(a: string, b: string): Promise<Difference | undefined> {
  const files = await differingFiles(a, b);
  const [first] = files;
  if (first === undefined) return undefined;
  const contents = files.find((path) => path.endsWith('.contents.jsonl'));
  const inside =
    contents === undefined
      ? undefined
      : await differInContents(join(a, contents), join(b, contents));
  if (inside !== undefined) return { ...inside, files };
  // Papers and checksums follow from the rest, and the ISO from its parts below pxe/.
  const path =
    files.find((file) => file.includes('/')) ??
    files.find((file) => file.endsWith('.iso')) ??
    first;
  const where = await firstByte(join(a, path), join(b, path));
  return { path, a: where.a, b: where.b, files };
}

async function differingFiles(a: string, b: string): Promise<string[]> {
  const [inA, inB] = [new Set(await releaseNames(a)), new Set(await releaseNames(b))];
  const differing: string[] = [];
  for (const path of [...new Set([...inA, ...inB])].sort()) {
    const same =
      inA.has(path) &&
      inB.has(path) &&
      (await digestFile(join(a, path))) === (await digestFile(join(b, path)));
    if (!same) differing.push(path);
  }
  return differing;
}

async function differInContents(
  a: string,
  b: string,
): Promise<{ path: string; a: string; b: string } | undefined> {
  const [before, after] = await Promise.all([readLayers(a), readLayers(b)]);
  for (const name of new Set([...before, ...after].map((layer) => layer.name))) {
    const entries = [before, after].map(
      (layers) => layers.find((layer) => layer.name === name)?.entries ?? [],
    );
    const [problem] = compareEntries(name, entries[0] ?? [], entries[1] ?? []).sort((x, y) =>
      x.file < y.file ? -1 : 1,
    );
    if (problem !== undefined) return { path: problem.file, a: problem.expected, b: problem.found };
  }
  return undefined;
}

async function readLayers(path: string): Promise<Layer[]> {
  return parseReleaseContents((await readTextOrUndefined(path)) ?? '', path);
}

/** The first byte that differs, or what is missing. */
async function firstByte(a: string, b: string): Promise<{ a: string; b: string }> {
  const [left, right] = await Promise.all([openOrUndefined(a), openOrUndefined(b)]);
  try {
    if (left === undefined || right === undefined) {
      return {
        a: left === undefined ? 'nothing' : 'a file',
        b: right === undefined ? 'nothing' : 'a file',
      };
    }
    const size = 1024 * 1024;
    for (let position = 0; ; position += size) {
      const [x, y] = await Promise.all([left, right].map((file) => readAt(file, position, size)));
      if (x === undefined || y === undefined || x.length + y.length === 0)
        return { a: 'the same', b: 'the same' };
      if (x.equals(y)) continue;
      let index = 0;
      while (index < x.length && index < y.length && x[index] === y[index]) index += 1;
      const at = `byte ${position + index}: `;
      return { a: at + formatByte(x[index]), b: at + formatByte(y[index]) };
    }
  } finally {
    await Promise.all([left?.close(), right?.close()]);
  }
}

async function readAt(
  file: Awaited<ReturnType<typeof open>>,
  position: number,
  size: number,
): Promise<Buffer> {
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await file.read(buffer, 0, size, position);
  return buffer.subarray(0, bytesRead);
}

async function openOrUndefined(path: string) {
  return open(path).catch(() => undefined);
}

function formatByte(value: number | undefined): string {
  return value === undefined ? 'end of file' : `0x${value.toString(16).padStart(2, '0')}`;
}
