// What the steps of an installation share.
import type { CarriedSecrets } from '../../host/carried-secrets.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { InstallImage } from '../image.ts';
import { partitionOf, type Role } from '../plan/layout.ts';
import type { InstallPlan } from '../plan/plan.ts';

export interface InstallContext {
  plan: InstallPlan;
  image: InstallImage;
  hostFile: HostFile;
  /** Hashes of the passwords of the accounts, by name. */
  passwords: ReadonlyMap<string, string>;
  /** What first boot needs to know; undefined: nothing. */
  carried?: CarriedSecrets | undefined;
  /** Resolves when the layers were found to be what was built. */
  intact: Promise<void>;
  /** The initrd of the host, read while other programs do the work. */
  initrd?: Promise<Buffer> | undefined;
  /** Where the new root is mounted while it is made. */
  target: string;
  /** Made anew for every installation; file systems, arrays and entries of the boot menu name them. */
  ids: InstallIds;
  /** True from the moment the partition table was written until the boot loader is there. */
  half: boolean;
  /** Where files beside the host file are; left out for a host file that came alone. */
  beside?: string | undefined;
  fetchBytes: (url: string, length: number) => Promise<Buffer>;
  signal: AbortSignal;
}

export interface InstallIds {
  rootA: string;
  state: string;
  swap: string;
  /** Eight hexadecimal digits, per disk. */
  efi: string[];
  machineId: string;
}

/** `/dev/sda1`, `/dev/nvme0n1p1`. */
export function partitionDevice(disk: string, number: number): string {
  return `/dev/${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
}

/** The partitions of a role, one for each system disk. */
export function membersOf(plan: InstallPlan, role: Role): string[] {
  const { number } = partitionOf(plan.system.layout, role);
  return plan.system.disks.map((disk) => partitionDevice(disk.name, number));
}

export function hasRole(plan: InstallPlan, role: Role): boolean {
  return plan.system.layout.partitions.some((partition) => partition.role === role);
}

/** Whether the disks are written anew from end to end; a reinstallation keeps parts of them. */
export function isFresh({ plan }: Pick<InstallContext, 'plan'>): boolean {
  return plan.mode === 'install';
}

/** The device that a file system of a role is on: the partition, or the array over both. */
export function deviceOf(plan: InstallPlan, role: Role): string {
  return plan.system.raid ? `/dev/md/kronos-${role}` : (membersOf(plan, role)[0] ?? '');
}
