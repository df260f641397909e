// The smallest media with an area for a host file, made by hand so that no other program is needed.
import { formatHostArea, HOST_AREA_SIZE } from '../../../src/host/area.ts';

const SECTOR = 2048;
const MEBIBYTE = 1024 * 1024;

/** A directory record (ECMA-119, 9.1) with its Rock Ridge name. */
function record(name: string, sector: number, size: number, directory: boolean): Buffer {
  const plain = name === '' ? '\0' : name.toUpperCase().replaceAll('.', '_');
  const head = 33 + plain.length + (plain.length % 2 === 0 ? 1 : 0);
  const rockRidge = name === '' ? 0 : 5 + name.length;
  const bytes = Buffer.alloc(head + rockRidge + ((head + rockRidge) % 2));
  bytes.writeUInt8(bytes.length, 0);
  bytes.writeUInt32LE(sector, 2);
  bytes.writeUInt32LE(size, 10);
  bytes.writeUInt8(directory ? 2 : 0, 25);
  bytes.writeUInt8(plain.length, 32);
  bytes.write(plain, 33, 'latin1');
  if (rockRidge > 0) {
    bytes.write('NM', head, 'latin1');
    bytes.writeUInt8(rockRidge, head + 2);
    bytes.writeUInt8(1, head + 3);
    bytes.write(name, head + 5, 'latin1');
  }
  return bytes;
}

/** An ISO 9660 file system that holds /kronos/host.area in sector 20 and some noise around it. */
export function tinyIso(): Buffer {
  const iso = Buffer.alloc(20 * SECTOR + HOST_AREA_SIZE + 3 * SECTOR, 0xa5);
  iso.fill(0, 16 * SECTOR, 20 * SECTOR);
  iso.write('\u0001CD001\u0001', 16 * SECTOR, 'latin1');
  record('', 18, SECTOR, true).copy(iso, 16 * SECTOR + 156);
  record('kronos', 19, SECTOR, true).copy(iso, 18 * SECTOR);
  record('host.area', 20, HOST_AREA_SIZE, false).copy(iso, 19 * SECTOR);
  formatHostArea().copy(iso, 20 * SECTOR);
  return iso;
}

/** A disk with a GPT: an empty partition at 1 MiB, and the same file system at 2 MiB. */
export function tinyDisk(): Buffer {
  const disk = Buffer.alloc(4 * MEBIBYTE, 0x5a);
  disk.fill(0, 0, 34 * 512);
  disk.write('EFI PART', 512, 'latin1');
  disk.writeBigUInt64LE(2n, 512 + 72);
  disk.writeUInt32LE(128, 512 + 80);
  disk.writeUInt32LE(128, 512 + 84);
  disk.writeBigUInt64LE(BigInt(MEBIBYTE / 512), 1024 + 32);
  disk.writeBigUInt64LE(BigInt((2 * MEBIBYTE) / 512), 1024 + 128 + 32);
  tinyIso().copy(disk, 2 * MEBIBYTE);
  return disk;
}
