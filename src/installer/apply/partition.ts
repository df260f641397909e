// The partition table, arrays and file systems of the plan.
import { writeFile } from 'node:fs/promises';
import { finishAll } from '../../common/finish-all.ts';
import { run } from '../../common/process.ts';
import type { Step } from '../../steps/run.ts';
import { UNFINISHED } from '../../host/probe/boot-code.ts';
import type { Layout, Role } from '../plan/layout.ts';
import {
  deviceOf,
  hasRole,
  isFresh,
  membersOf,
  partitionDevice,
  type InstallContext,
} from './context.ts';
import { readInitrdSoon } from './copy.ts';
import { writeBootCode } from './erase.ts';

/** Type codes of sgdisk. */
const TYPES: Readonly<Record<Role, string>> = {
  ...{ bios: 'EF02', efi: 'EF00', 'root-a': '8300', 'root-b': '8300', state: '8300' },
  ...{ swap: '8200', storage: '8E00' },
};

/** Linux RAID, for what is mirrored. */
const RAID_TYPE = 'FD00';

/** What is mirrored over two disks; firmware reads the others itself, so each disk has its own. */
export const MIRRORED: readonly Role[] = ['root-a', 'root-b', 'state', 'swap', 'storage'];

/** Arguments of sgdisk that write the table of one disk. */
export function tableArguments(
  layout: Layout,
  disk: { name: string; logicalSector: number },
  raid: boolean,
): string[] {
  const parts = layout.partitions.flatMap((partition) => {
    const { number, role, name, offset, size } = partition;
    const first = offset / disk.logicalSector;
    const last = (offset + size) / disk.logicalSector - 1;
    const type = raid && MIRRORED.includes(role) ? RAID_TYPE : TYPES[role];
    return [
      `--new=${number}:${first}:${last}`,
      `--typecode=${number}:${type}`,
      `--change-name=${number}:${name}`,
    ];
  });
  return ['--clear', '--set-alignment=1', ...parts, `/dev/${disk.name}`];
}

export const partitionStep: Step<InstallContext> = {
  name: 'partition',
  title: 'Writing the partition table',
  weight: 4,
  applies: isFresh,
  apply: async (context) => {
    const { plan } = context;
    const { layout, disks, raid } = plan.system;
    context.half = true;
    // sgdisk sleeps for a second.
    const drivers = loadDrivers();
    void readInitrdSoon(context);
    for (const disk of disks) {
      // Before the table, and sgdisk keeps it: a BIOS starts what has a table of a PC, and zeros would hang it.
      await writeBootCode(`/dev/${disk.name}`, UNFINISHED);
      await run(['sgdisk', ...tableArguments(layout, disk, raid)]);
    }
    await drivers;
    await run(['udevadm', 'settle', '--timeout=120']);
    // What was at these places before may look like a file system again.
    const parts = disks.flatMap((disk) =>
      layout.partitions.map(({ number }) => partitionDevice(disk.name, number)),
    );
    await run(['wipefs', '--all', '--force', '--quiet', ...parts]);
    if (raid) await createArrays(context);
  },
};

/** Drivers of the file systems, which mount would load. What fails here, mount tells. */
async function loadDrivers(): Promise<void> {
  await run(['modprobe', '--all', '--quiet', 'ext4', 'vfat']).catch(() => undefined);
}

async function createArrays({ plan }: InstallContext): Promise<void> {
  // A rebuild would compete with the copy for both disks.
  await writeFile('/proc/sys/dev/raid/speed_limit_max', '1000').catch(() => undefined);
  for (const role of MIRRORED.filter((one) => hasRole(plan, one))) {
    await run([
      ...['mdadm', '--create', deviceOf(plan, role), '--run', '--level=1', '--raid-devices=2'],
      // Behind the data, so that GRUB reads each half as the plain file system that it is.
      ...[`--name=kronos-${role}`, '--homehost=any', '--metadata=1.0', '--bitmap=internal'],
      // Everything that is ever read from these was written by us to both halves.
      ...(role === 'storage' ? [] : ['--assume-clean']),
      ...membersOf(plan, role),
    ]);
  }
  await run(['udevadm', 'settle', '--timeout=120']);
}

export const formatStep: Step<InstallContext> = {
  name: 'format',
  title: 'Making the file systems',
  weight: 5,
  apply: async ({ plan, ids }) => {
    const work = membersOf(plan, 'efi').map((device, index) =>
      run(['mkfs.vfat', '-F', '32', '-n', 'KRONOS_ESP', '-i', ids.efi[index] ?? '', device]),
    );
    const ext4 = (role: Role, uuid: string) =>
      run(['mkfs.ext4', '-F', '-q', '-L', `kronos-${role}`, '-U', uuid, deviceOf(plan, role)]);
    work.push(ext4('root-a', ids.rootA));
    if (isFresh({ plan })) work.push(ext4('state', ids.state));
    if (hasRole(plan, 'swap')) work.push(run(['mkswap', '-U', ids.swap, deviceOf(plan, 'swap')]));
    await finishAll(work);
  },
};
