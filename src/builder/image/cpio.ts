// The "newc" archives that the kernel unpacks as initrd (Documentation/driver-api/early-userspace/buffer-format.rst).
import { appendFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path/posix';

/** A file of an archive; its directories are added where nobody names them. */
export interface CpioEntry {
  /** Relative path without leading slash. */
  path: string;
  /** Permission bits. */
  mode: number;
  content: string | Uint8Array;
}

const FILE = 0o100000;
const DIRECTORY = 0o040000;
/** Header, name and content each end on a multiple of this. */
const ALIGNMENT = 4;

/**
 * Writes files as a newc archive: sorted by path, owned by root, every date `epoch` (seconds), directories 0755.
 * The same entries in any order give the same bytes. The length is a multiple of 512.
 */
export function writeCpio(entries: readonly CpioEntry[], epoch: number): Buffer {
  const files = new Map(entries.map((entry) => [entry.path, entry]));
  if (files.size !== entries.length) throw new TypeError('writeCpio: a path is named twice');
  const directories = new Set<string>();
  for (const path of files.keys()) {
    if (path.startsWith('/') || path.split('/').some((part) => ['', '.', '..'].includes(part))) {
      throw new TypeError(`writeCpio: ${JSON.stringify(path)} is not a plain relative path`);
    }
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent))
      directories.add(parent);
  }
  const parts: Buffer[] = [];
  let inode = 1;
  // A parent sorts before what is in it, as the kernel needs it.
  for (const path of [...directories, ...files.keys()].sort()) {
    const file = files.get(path);
    const content = Buffer.from(file?.content ?? '');
    const mode = file === undefined ? DIRECTORY | 0o755 : FILE | file.mode;
    parts.push(header(path, inode, mode, file === undefined ? 2 : 1, epoch, content.length));
    parts.push(padded(content));
    inode += 1;
  }
  parts.push(header('TRAILER!!!', 0, 0, 1, 0, 0));
  const archive = Buffer.concat(parts);
  return Buffer.concat([archive, Buffer.alloc((512 - (archive.length % 512)) % 512)]);
}

/**
 * Puts an archive behind those that a file has already. The kernel skips zeros between archives, and looks for an
 * uncompressed one at multiples of four bytes only. Errors: those of node:fs.
 */
export async function appendArchive(file: string, archive: Buffer): Promise<void> {
  const padding = Buffer.alloc((512 - ((await stat(file)).size % 512)) % 512);
  await appendFile(file, Buffer.concat([padding, archive]));
}

/** The fixed fields as eight hexadecimal digits each, then the name. */
function header(
  path: string,
  inode: number,
  mode: number,
  links: number,
  epoch: number,
  size: number,
): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, links, epoch, size, 0, 0, 0, 0, name.length, 0];
  const text = fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('');
  return padded(Buffer.concat([Buffer.from(`070701${text}`), name]));
}

function padded(data: Buffer): Buffer {
  const missing = (ALIGNMENT - (data.length % ALIGNMENT)) % ALIGNMENT;
  return missing === 0 ? data : Buffer.concat([data, Buffer.alloc(missing)]);
}
