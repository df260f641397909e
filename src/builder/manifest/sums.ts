// SHA256SUMS: the format of coreutils, so that `sha256sum -c` reads it too.
import { SHA256_PATTERN, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';

/** One file by content; `path` is relative with `/`. */
export interface FileRecord {
  path: string;
  /** Bytes. */
  size: number;
  sha256: Sha256;
}

/** The text of SHA256SUMS, sorted by path. */
export function formatSums(records: readonly { path: string; sha256: Sha256 }[]): string {
  return sortRecords(records)
    .map(({ path, sha256 }) => {
      // coreutils marks a line with escapes by a leading backslash.
      const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
      return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}\n`;
    })
    .join('');
}

/** Path -> sha256. Errors: `verification/damaged-sums` with file and line. */
export function parseSums(text: string, file: string): Map<string, Sha256> {
  const sums = new Map<string, Sha256>();
  text.split('\n').forEach((line, index) => {
    if (line === '') return;
    // s: what Unicode calls a line separator is a character like others here.
    const [, escape, sha256, path] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s.exec(line) ?? [];
    const clean = escape === '\\' ? path?.replace(/\\(.)/gs, unescapeCharacter) : path;
    const problem =
      sha256 === undefined || clean === undefined || !SHA256_PATTERN.test(sha256)
        ? 'expected `SHA256  PATH`'
        : clean.startsWith('/') || clean.split('/').includes('..')
          ? `${JSON.stringify(clean)} leads out of the directory`
          : sums.has(clean)
            ? `${JSON.stringify(clean)} is listed twice`
            : undefined;
    if (problem !== undefined) {
      throw new KronosError('verification/damaged-sums', `reading the checksums: ${problem}`, {
        location: { file, line: index + 1 },
        hint: 'the file was changed or cut after it was made; copy it again',
      });
    }
    sums.set(clean as string, sha256 as Sha256);
  });
  return sums;
}

/** A copy sorted by path, by code unit. */
export function sortRecords<T extends { path: string }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function unescapeCharacter(_all: string, character: string): string {
  return character === 'n' ? '\n' : character === 'r' ? '\r' : character;
}
