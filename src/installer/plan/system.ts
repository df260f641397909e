// The system disks of a plan: whether the machine can start from them, and how they are divided.
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { Disk, Inventory } from '../../host/inventory.ts';
import { plain } from '../../host/select/text.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { attempt, throwAll } from './collect.ts';
import { findInstalled, KEPT_ROLES } from './existing.ts';
import { findPartition, layOutSystem, type Layout, type Role } from './layout.ts';
import type { InstallMode } from './plan.ts';

/** How storage repositories of the host file call the rest of the system disk. */
const SYSTEM = 'system';

export interface SystemPlan {
  raid: boolean;
  layout: Layout;
  keep: Role[];
}

/**
 * Layout of the system disks; of two the smaller decides.
 * Errors, all at once: `host/bios-4k`, those of `layOutSystem` or, for a reinstallation, of `findInstalled`;
 * `host/no-room-for-storage` where a storage repository is to be on a system disk that is full.
 */
export function planSystem(
  hostFile: HostFile,
  disks: readonly Disk[],
  inventory: Inventory,
  mode: InstallMode,
): SystemPlan {
  const { partitions: wish, raid: level } = hostFile.disks.system;
  const raid = level === 1;
  const errors: KronosError[] = [];
  if (inventory.machine.firmware === 'bios') errors.push(...disks.flatMap(refuseWideSectors));
  const layout = attempt(errors, () => {
    if (mode === 'reinstall') return findInstalled(disks, raid, wish);
    const smallest = [...disks].sort((a, b) => a.size - b.size)[0];
    if (smallest === undefined) throw new TypeError('a system is on at least one disk');
    return layOutSystem(smallest.size, wish, {
      logicalSector: Math.max(...disks.map((disk) => disk.logicalSector)),
      disk: `the system disk ${plain(smallest.name)}`,
    });
  });
  if (layout !== undefined)
    attempt(errors, () => {
      checkRoom(hostFile, layout);
    });
  throwAll(errors);
  if (layout === undefined) throw new TypeError('a layout or a reason why there is none');
  const keep = mode === 'reinstall' ? KEPT_ROLES.filter((role) => findPartition(layout, role)) : [];
  return { raid, layout, keep };
}

/** The firmware of PCs counts in sectors of 512 bytes, and so does the boot loader for it. */
function refuseWideSectors(disk: Disk): KronosError[] {
  if (disk.logicalSector === 512) return [];
  return [
    new KronosError(
      'host/bios-4k',
      `${plain(disk.name)} has sectors of ${disk.logicalSector} bytes, from which a BIOS cannot start`,
      {
        hint: 'switch the firmware to UEFI, format the disk to sectors of 512 bytes (sg_format, nvme format), or take another disk',
      },
    ),
  ];
}

function checkRoom({ storage }: HostFile, layout: Layout): void {
  if (findPartition(layout, 'storage') !== undefined) return;
  const user = storage.find(
    (one) => (one.type === 'lvm' || one.type === 'ext') && one.disks.includes(SYSTEM),
  );
  if (user === undefined) return;
  throw new KronosError(
    'host/no-room-for-storage',
    `nothing is left on the system disk for the storage repository ${user.name}: the host takes ${formatBytes(layout.size)}`,
    {
      hint: 'take a larger disk, give smaller sizes in disks.system.partitions, or remove the repository',
    },
  );
}
