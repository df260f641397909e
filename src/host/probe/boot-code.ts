// Whether the installation on a disk ever ended, by its boot code: our installer writes GRUB's last.
import { open } from 'node:fs/promises';

/** Bytes of boot code on a disk; the table of a PC lies behind it. */
export const BOOT_CODE_SIZE = 440;

/** Boot code that hands on to the next device: int 0x18; hlt; jmp back. What lies behind is for people who look. */
function nextDevice(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xcd, 0x18, 0xf4, 0xeb, 0xfd]), Buffer.from(text)]);
}

/** On a disk while a host is installed on it: zeros would be run by a BIOS, and hang. */
export const UNFINISHED = nextDevice('Kronos: not installed to the end');

/** On a disk while its host is installed anew: what it keeps is of value, so it is not an unfinished one. */
export const REINSTALLING = nextDevice('Kronos: not reinstalled to the end');

/**
 * True where nothing was ever finished on the disk: the boot code is all zeros, as right after a disk was cleared, or what
 * the installer puts there until its end. Undefined where the disk cannot be read.
 */
export async function isUnfinished(path: string): Promise<boolean | undefined> {
  const disk = await open(path, 'r').catch(() => undefined);
  if (disk === undefined) return undefined;
  try {
    const { bytesRead, buffer } = await disk.read(Buffer.alloc(BOOT_CODE_SIZE));
    if (bytesRead !== BOOT_CODE_SIZE) return false;
    const marked = buffer.subarray(0, UNFINISHED.length).equals(UNFINISHED);
    return marked || buffer.every((byte) => byte === 0);
  } catch {
    return undefined;
  } finally {
    await disk.close();
  }
}
