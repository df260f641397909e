// What the installer compares a copy of the image with, file by file. Whether the image is the right one is known before,
// by SHA-256; here a disk that does not keep what it was given is to be found, which MD5 does in a fifth of the time on
// machines without instructions for SHA.
import type { Entry } from './contents.ts';
import { comparePaths } from './contents-file.ts';

/** A file of a layer. */
export interface CopyDigest {
  /** Absolute path in the appliance. */
  path: string;
  /** Bytes. */
  size: number;
  /** Lower-case hexadecimal. */
  md5: string;
}

/** Where the step `packages` leaves the digests of its layer. */
export const COPY_DIGESTS = 'contents/packages.copy';

/** Bytes of files that are compared by one process of the installer, which then tells how far it is. */
const GROUP = 64 * 1024 * 1024;

/** The files among scanned entries. */
export function copyDigestsOf(entries: readonly (Entry & { md5?: string })[]): CopyDigest[] {
  return entries.flatMap(({ path, size, md5 }) =>
    size === undefined || md5 === undefined ? [] : [{ path, size, md5 }],
  );
}

/** Lines from one step of a build to the next. */
export function formatCopyDigests(files: readonly CopyDigest[]): string {
  return files.map(({ path, size, md5 }) => `${md5} ${size} ${path}\n`).join('');
}

/** What `formatCopyDigests` wrote. */
export function parseCopyDigests(text: string): CopyDigest[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [md5 = '', size = '', ...path] = line.split(' ');
      return { md5, size: Number(size), path: path.join(' ') };
    });
}

/**
 * The list for `md5sum --check`, run in the directory of the copy. By path: that is the order in which files are
 * unpacked, and so the one in which a disk reads them fast. Each group begins with a comment of its bytes: `# 33554432`.
 */
export function formatCheckList(files: readonly CopyDigest[]): string {
  const groups: { bytes: number; lines: string[] }[] = [];
  for (const file of [...files].sort(comparePaths)) {
    let group = groups.at(-1);
    if (group === undefined || group.bytes >= GROUP) groups.push((group = { bytes: 0, lines: [] }));
    group.bytes += file.size;
    group.lines.push(checkLine(file));
  }
  return groups.map(({ bytes, lines }) => `# ${bytes}\n${lines.join('')}`).join('');
}

/** As md5sum writes it: where a name has a backslash or a line break, the line begins with a backslash. */
function checkLine({ path, md5 }: CopyDigest): string {
  const name = path.slice(1);
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${md5}  ${escaped}\n`;
}
