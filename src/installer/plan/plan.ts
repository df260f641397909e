// The install plan: everything that will be done to a machine, as data, decided before anything is touched.
import { digestData, type Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { Content, Disk, Interface, Inventory } from '../../host/inventory.ts';
import { redactHostFile } from '../../host/secret.ts';
import { selectInterfaces } from '../../host/select/interfaces.ts';
import { resolveDisks } from '../../host/select/resolve.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { planBoot, type BootPlan } from './boot.ts';
import { layOutSystem, type Layout } from './layout.ts';

export type InstallMode = 'install' | 'reinstall';

/** A disk of the plan: what it is, so that it is known again, and what is lost on it. */
export interface PlannedDisk {
  /** Name under which it was found; can be another one after the next start, so it does not enter the digest. */
  name: string;
  /** Bytes. */
  size: number;
  logicalSector: number;
  vendor?: string | undefined;
  model?: string | undefined;
  serial?: string | undefined;
  wwn?: string | undefined;
  /** Its place on the bus, for disks that have neither serial number nor WWN. */
  place?: string | undefined;
  /** What is on it and will be gone. */
  erased: Content[];
}

export interface PlannedInterface {
  name: string;
  mac: string;
}

export interface InstallPlan {
  format: 'kronos-install-plan';
  version: 1;
  mode: InstallMode;
  hostname: string;
  firmware: Inventory['machine']['firmware'];
  system: { disks: PlannedDisk[]; raid: boolean; layout: Layout };
  storage: { name: string; disks: PlannedDisk[] }[];
  management: PlannedInterface[];
  boot: BootPlan;
  /** Digest of the host file without its secrets. */
  hostFile: Sha256;
}

/** What of the image a plan depends on. */
export interface ImageFacts {
  xenArguments: readonly string[];
  kernelArguments: readonly string[];
  toolstack?: 'xl' | 'xapi' | undefined;
}

/**
 * The plan for a host file on a machine.
 * Errors: those of `resolveDisks`, `selectInterfaces`, `layOutSystem` and `planBoot`; `host/no-network-card`;
 * `input/toolstack` where the image has another one.
 */
export function planInstall(
  hostFile: HostFile,
  inventory: Inventory,
  image: ImageFacts,
  mode: InstallMode = 'install',
): InstallPlan {
  checkToolstack(hostFile, image);
  const resolved = resolveDisks(hostFile.disks, inventory, { reinstall: mode === 'reinstall' });
  const raid = hostFile.disks.system.raid === 1;
  const smallest = Math.min(...resolved.system.map((disk) => disk.size));
  const layout = layOutSystem(smallest, hostFile.disks.system.partitions);
  if (inventory.interfaces.length === 0) {
    throw new KronosError('host/no-network-card', 'this machine has no network card', {
      hint: 'look whether the card is switched off in the firmware, or needs a driver or firmware files that the image lacks',
    });
  }
  const { interfaces } = selectInterfaces(
    hostFile.network.management.interface,
    inventory,
    'network.management',
  );
  return {
    format: 'kronos-install-plan',
    version: 1,
    mode,
    hostname: hostFile.hostname,
    firmware: inventory.machine.firmware,
    system: { disks: resolved.system.map(planDisk), raid, layout },
    storage: resolved.storage.map(({ name, disks }) => ({ name, disks: disks.map(planDisk) })),
    management: interfaces.map(planInterface),
    boot: planBoot(hostFile, inventory, image),
    hostFile: digestData(redactHostFile(hostFile)),
  };
}

/** Names of kernel devices can change from one start to the next; what is planned does not. */
export function digestPlan(plan: InstallPlan): Sha256 {
  const stable = ({ name: _name, ...rest }: PlannedDisk): Omit<PlannedDisk, 'name'> => rest;
  return digestData({
    ...plan,
    system: { ...plan.system, disks: plan.system.disks.map(stable) },
    storage: plan.storage.map((one) => ({ ...one, disks: one.disks.map(stable) })),
    management: plan.management.map(({ mac }) => mac),
  });
}

/** Errors: `input/not-approved` where the host file approves another plan. */
export function requireApproved(plan: InstallPlan, hostFile: HostFile): void {
  const digest = digestPlan(plan);
  if (hostFile.approve === undefined || hostFile.approve === digest) return;
  throw new KronosError(
    'input/not-approved',
    `the host file approves the plan ${hostFile.approve}, but on this machine the plan is ${digest}`,
    {
      hint: 'compare with: kronos host plan HOSTFILE --inventory FILE; the machine or the host file changed since',
    },
  );
}

/** Every disk that the plan writes to, by the name under which it was found. */
export function disksOf(plan: InstallPlan): PlannedDisk[] {
  return [...plan.system.disks, ...plan.storage.flatMap((one) => one.disks)];
}

/** Whether an entry of a later inventory is the disk that was planned with. */
export function isPlannedDisk(planned: PlannedDisk, disk: Disk): boolean {
  const { name: _name, erased: _erased, ...wanted } = planned;
  const { name: _now, erased: _present, ...found } = planDisk(disk);
  return digestData(wanted) === digestData(found);
}

function planDisk(disk: Disk): PlannedDisk {
  const { name, size, logicalSector, vendor, model, serial, wwn } = disk;
  const known = [serial, wwn].some((text) => text !== undefined && text.trim() !== '');
  const place = disk.links.find((link) => link.startsWith('/dev/disk/by-path/'));
  return {
    ...{ name, size, logicalSector, vendor, model, serial, wwn },
    place: known ? undefined : place,
    erased: disk.contents,
  };
}

function planInterface({ name, mac }: Interface): PlannedInterface {
  return { name, mac: mac.toLowerCase() };
}

function checkToolstack(hostFile: HostFile, image: ImageFacts): void {
  const { toolstack } = image;
  if (toolstack === undefined) return;
  const wanted = hostFile.toolstack ?? (hostFile.pool === undefined ? toolstack : 'xapi');
  if (wanted === toolstack) return;
  throw new KronosError(
    'input/toolstack',
    `the host file asks for the toolstack ${wanted}, but this image has ${toolstack}`,
    {
      hint:
        wanted === 'xapi'
          ? 'build the image with --origin xapi=..., or leave out "pool" and "toolstack"'
          : 'use an image without xapi, or leave out "toolstack"',
    },
  );
}
