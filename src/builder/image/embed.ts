// Fills in the area for a host file in a finished medium: an ISO, a disk image, or the stick itself.
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { KronosError, systemCode } from '../../common/error.ts';
import { storageError } from '../../common/storage-error.ts';
import { formatHostArea, parseHostArea } from '../../host/area.ts';
import { findHostArea } from './host-area.ts';
import type { HostArea } from './host-area.ts';

/** GPT: the header is in the second sector; media are made with sectors of 512 bytes. */
const SECTOR = 512;
/** Entries that are looked at; a table has 128, and a damaged header could say any number. */
const MOST_PARTITIONS = 256;

/**
 * Finds the area in an ISO, a raw disk image or a block device.
 * Errors: `input/no-such-file`, `verification/no-host-area`; those of node:fs.
 */
export async function locateHostArea(image: string): Promise<HostArea> {
  try {
    for (const base of [0, ...(await partitionOffsets(image))]) {
      const found = await tryAt(image, base);
      if (found !== undefined) return found;
    }
  } catch (error) {
    throw systemCode(error) === 'ENOENT'
      ? new KronosError('input/no-such-file', `there is no ${image}`, {
          hint: 'name an ISO, a disk image, or the device of a stick',
        })
      : storageError(`opening ${image}`, error);
  }
  throw new KronosError('verification/no-host-area', `${image} has no area for a host file`, {
    hint: 'only media made by kronos build have one: an ISO, a disk image, or a stick with one of them',
  });
}

async function tryAt(image: string, base: number): Promise<HostArea | undefined> {
  try {
    return await findHostArea(image, base);
  } catch (error) {
    // No ISO 9660 here, or another one: perhaps in the next partition.
    if (error instanceof KronosError) return undefined;
    throw error;
  }
}

/** Where partitions start, in bytes; none where there is no GPT (UEFI specification, 5.3). */
async function partitionOffsets(image: string): Promise<number[]> {
  const file = await open(image, 'r');
  try {
    const header = await readAt(file, SECTOR, SECTOR);
    if (header.length < SECTOR || header.toString('latin1', 0, 8) !== 'EFI PART') return [];
    const table = Number(header.readBigUInt64LE(72)) * SECTOR;
    const count = Math.min(header.readUInt32LE(80), MOST_PARTITIONS);
    const size = header.readUInt32LE(84);
    if (size < 128 || size > 4096 || !Number.isSafeInteger(table)) return [];
    const entries = await readAt(file, table, count * size);
    const offsets: number[] = [];
    for (let start = 0; start + size <= entries.length; start += size) {
      const first = Number(entries.readBigUInt64LE(start + 32)) * SECTOR;
      if (first > 0 && Number.isSafeInteger(first)) offsets.push(first);
    }
    return offsets;
  } finally {
    await file.close();
  }
}

/**
 * Writes a host file into the area of an image, or empties the area, and reads back what was written. Nothing outside of
 * the area is touched. Returns where the area is and what was in it before.
 * Errors: those of locateHostArea and formatHostArea, `verification/not-written`, `io/unusable-path`.
 */
export async function writeHostArea(
  image: string,
  text: string | undefined,
): Promise<{ area: HostArea; before: string | undefined }> {
  const bytes = formatHostArea(text);
  const area = await locateHostArea(image);
  try {
    const file = await open(image, 'r+');
    try {
      const before = parseHostArea(await readAt(file, area.offset, area.size));
      let written = 0;
      while (written < bytes.length) {
        const rest = bytes.length - written;
        written += (await file.write(bytes, written, rest, area.offset + written)).bytesWritten;
      }
      await file.sync();
      if (!(await readAt(file, area.offset, area.size)).equals(bytes)) {
        throw new KronosError(
          'verification/not-written',
          `${image} did not keep what was written`,
          {
            hint: 'the medium may be worn out or write-protected; use another',
          },
        );
      }
      return { area, before };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storageError(`writing to ${image}`, error);
  }
}

/** The host file in an image, or undefined where none is filled in. Errors: those of locateHostArea. */
export async function readHostArea(image: string): Promise<string | undefined> {
  const area = await locateHostArea(image);
  const file = await open(image, 'r');
  try {
    return parseHostArea(await readAt(file, area.offset, area.size));
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
