// Which disks of a running host are free: the system is on none of them, and nothing at all is.
import { open } from 'node:fs/promises';
import type { Disk } from '../../host/inventory.ts';
import type { DiskMatch } from '../../host/schema/disks.ts';
import { contentOf } from '../../host/select/clauses.ts';
import { exclusionOf, twinsOf } from '../../host/select/exclude.ts';

/** Bytes at either end that must be blank: what no program knows could be the data of one that keeps its own format. */
const LOOKED_AT = 1024 * 1024;

/** What a look at the disks gave. */
export interface SpareDisk {
  /** The largest disk that is entirely empty. */
  disk: Disk | undefined;
  /** What is told of it, or why there is none. */
  text: string;
}

/** Disks with mounts that the system needs: where / lies. */
export function systemDisks(disks: readonly Disk[]): Disk[] {
  return disks.filter(({ mounts }) => mounts.includes('/'));
}

/** The disk for a storage repository; `isBlank` looks at its ends. */
export async function chooseSpareDisk(
  disks: readonly Disk[],
  isBlank: (disk: Disk) => Promise<boolean> = hasBlankEnds,
): Promise<SpareDisk> {
  const candidates = disks
    .filter((disk) => contentOf(disk) === 'empty' && exclusionOf(disk, {}, disks) === undefined)
    // One that is seen twice is not known to be alone.
    .filter((disk) => twinsOf(disk, disks).length === 0 && disk.holders.length === 0)
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const written: string[] = [];
  for (const disk of candidates) {
    if (await isBlank(disk)) {
      const others = candidates.filter((one) => one !== disk && !written.includes(one.name));
      const left =
        others.length === 0 ? '' : `; ${others.map(({ name }) => name).join(', ')} left alone`;
      return { disk, text: `${disk.name} is entirely empty${left}` };
    }
    written.push(disk.name);
  }
  if (written.length === 0) return { disk: undefined, text: 'no disk is entirely empty' };
  return {
    disk: undefined,
    text: `no disk is entirely empty: on ${written.join(', ')} there is something unknown`,
  };
}

/** Whether both ends of a disk are zeros. Errors: those of node:fs. */
async function hasBlankEnds({ name, size }: Disk): Promise<boolean> {
  const handle = await open(`/dev/${name}`, 'r');
  try {
    for (const position of [0, Math.max(0, size - LOOKED_AT)]) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(LOOKED_AT),
        ...([0, LOOKED_AT, position] as const),
      );
      if (buffer.subarray(0, bytesRead).some((byte) => byte !== 0)) return false;
    }
    return true;
  } finally {
    await handle.close();
  }
}

/** The clause that means this disk and no other, as long as it is in this machine. */
export function matchOf(disk: Disk, disks: readonly Disk[]): DiskMatch {
  const { serial, wwn, links, name } = disk;
  const isAlone = (key: 'serial' | 'wwn'): boolean =>
    disks.filter((other) => other[key] === disk[key]).length === 1;
  // A text with * or ? would be read as a pattern.
  if (serial !== undefined && isAlone('serial') && !/[*?]/.test(serial)) return { serial };
  if (wwn !== undefined && isAlone('wwn')) return { wwn };
  const place = links.find((link) => link.startsWith('/dev/disk/by-path/'));
  return { path: place ?? `/dev/${name}` };
}
