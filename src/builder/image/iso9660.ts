// Finds a file inside an ISO 9660 image (ECMA-119) by its Rock Ridge name (IEEE P1282), without other programs.
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { KronosError } from '../../common/error.ts';

const SECTOR = 2048;
/** The primary volume descriptor (ECMA-119, 8.4) is in this sector. */
const PRIMARY_DESCRIPTOR = 16;
/** Offset of the root directory's record in it. */
const ROOT_RECORD = 156;

interface DirectoryRecord {
  name: string;
  /** Bytes from the start of the file system. */
  offset: number;
  size: number;
  directory: boolean;
}

/**
 * Where the content of a file starts in an image and how long it is, in bytes; undefined where there is no such file.
 * `base` is the offset of the file system in the image. Files of more than one extent (4 GiB) are not found.
 * Errors: `input/not-an-iso`; those of node:fs.
 */
export async function findInIso(
  image: string,
  path: string,
  base = 0,
): Promise<{ offset: number; size: number } | undefined> {
  const file = await open(image, 'r');
  try {
    let current = await readRoot(file, image, base);
    for (const part of path.split('/').filter((name) => name !== '')) {
      if (!current.directory) return undefined;
      const content = await readAt(file, base + current.offset, current.size);
      const next = readDirectory(content).find((record) => record.name === part);
      if (next === undefined) return undefined;
      current = next;
    }
    return current.directory ? undefined : { offset: base + current.offset, size: current.size };
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

async function readRoot(file: FileHandle, image: string, base: number): Promise<DirectoryRecord> {
  const descriptor = await readAt(file, base + PRIMARY_DESCRIPTOR * SECTOR, SECTOR);
  if (descriptor.length < SECTOR || descriptor.toString('latin1', 0, 6) !== '\u0001CD001') {
    throw new KronosError('input/not-an-iso', `${image} is not an ISO 9660 image`);
  }
  return readRecord(descriptor, ROOT_RECORD);
}

/** The records of a directory; a record never crosses a sector, the rest of which is zero. */
function readDirectory(content: Buffer): DirectoryRecord[] {
  const records: DirectoryRecord[] = [];
  let position = 0;
  while (position < content.length) {
    const length = content.readUInt8(position);
    if (length === 0) {
      position = (Math.floor(position / SECTOR) + 1) * SECTOR;
    } else {
      if (position + length > content.length) break;
      records.push(readRecord(content, position));
      position += length;
    }
  }
  return records;
}

/** ECMA-119, 9.1. */
function readRecord(content: Buffer, position: number): DirectoryRecord {
  const record = content.subarray(position, position + content.readUInt8(position));
  const nameLength = record.readUInt8(32);
  const plain = record.toString('latin1', 33, 33 + nameLength).replace(/;1$/, '');
  // The system use field follows the name, on an even offset.
  const systemUse = record.subarray(33 + nameLength + (nameLength % 2 === 0 ? 1 : 0));
  return {
    name: rockRidgeName(systemUse) ?? plain,
    offset: record.readUInt32LE(2) * SECTOR,
    size: record.readUInt32LE(10),
    directory: (record.readUInt8(25) & 2) !== 0,
  };
}

/** The NM entry of a system use field: signature, length, version, flags, name. */
function rockRidgeName(systemUse: Buffer): string | undefined {
  let position = 0;
  while (position + 4 <= systemUse.length) {
    const length = systemUse.readUInt8(position + 2);
    if (length < 4 || position + length > systemUse.length) return undefined;
    if (systemUse.toString('latin1', position, position + 2) === 'NM') {
      return systemUse.toString('utf8', position + 5, position + length);
    }
    position += length;
  }
  return undefined;
}
