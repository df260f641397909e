// What grub-bios-setup writes into the first sector of a disk and into core.img, without a disk being there yet.

/** Offsets in GRUB's start sector (grub-core/boot/i386/pc/boot.S, include/grub/i386/pc/boot.h). */
const KERNEL_SECTOR = 0x5c;
const DRIVE_CHECK = 0x66;
/** Only the code goes into the first sector; behind it are the disk id and the protective partition table. */
const BOOT_CODE_SIZE = 440;
/** The first block list in core.img's first sector (grub-core/boot/i386/pc/diskboot.S). */
const BLOCK_LIST = 0x1f4;

/** GRUB's start sector, told where core.img begins (in sectors of 512 bytes). */
export function patchBootSector(boot: Buffer, coreSector: number): Buffer {
  const code = Buffer.from(boot.subarray(0, BOOT_CODE_SIZE));
  code.writeBigUInt64LE(BigInt(coreSector), KERNEL_SECTOR);
  // Some firmware says it booted from a floppy disk; as grub-bios-setup does for disks, do not believe it.
  code.writeUInt16BE(0x9090, DRIVE_CHECK);
  return code;
}

/** core.img, told where its own second sector is (in sectors of 512 bytes). */
export function patchCore(core: Buffer, coreSector: number): Buffer {
  const patched = Buffer.from(core);
  patched.writeBigUInt64LE(BigInt(coreSector + 1), BLOCK_LIST);
  return patched;
}
