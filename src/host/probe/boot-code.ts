// Whether a disk has anything that a BIOS would start: our installer writes it last.
import { open } from 'node:fs/promises';

/** Bytes of boot code on a disk; the table of a PC lies behind it. */
export const BOOT_CODE_SIZE = 440;

/** True where all of the boot code is zeros; undefined where the disk cannot be read. */
export async function isBootCodeBlank(path: string): Promise<boolean | undefined> {
  const disk = await open(path, 'r').catch(() => undefined);
  if (disk === undefined) return undefined;
  try {
    const { bytesRead, buffer } = await disk.read(Buffer.alloc(BOOT_CODE_SIZE));
    return bytesRead === BOOT_CODE_SIZE && buffer.every((byte) => byte === 0);
  } catch {
    return undefined;
  } finally {
    await disk.close();
  }
}
