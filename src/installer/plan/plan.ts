// The install plan: everything that will be done to a machine, as data, decided before anything is touched.
import { digestData, type Sha256 } from '../../common/digest.ts';
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Content, Disk, Inventory } from '../../host/inventory.ts';
import { redactHostFile } from '../../host/secret.ts';
import { twinsOf } from '../../host/select/exclude.ts';
import { identityOf, isSameDisk, type DiskIdentity } from '../../host/select/identity.ts';
import { resolveDisks } from '../../host/select/resolve.ts';
import { describeDisk } from '../../host/select/table.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { planBoot, type BootPlan } from './boot.ts';
import { attempt } from './collect.ts';
import { isKept } from './existing.ts';
import type { Layout, Role } from './layout.ts';
import { planNetworks, type PlannedInterface, type PlannedNetwork } from './network.ts';
import { planSystem } from './system.ts';
import { findWarnings, type PlanWarning } from './warnings.ts';

export type InstallMode = 'install' | 'reinstall';

/** A disk of the plan: what it is, so that it is known again, and what is lost on it. */
export interface PlannedDisk extends DiskIdentity {
  /** Name under which it was found; can be another one after the next start, so it does not enter the digest. */
  name: string;
  /** What is on it and will be gone. */
  erased: Content[];
  /** What is on it and stays; only a reinstallation leaves anything. */
  kept: Content[];
}

export interface InstallPlan {
  format: 'kronos-install-plan';
  version: 1;
  mode: InstallMode;
  hostname: string;
  machine: Pick<Inventory['machine'], 'vendor' | 'product' | 'serial' | 'uuid' | 'memory' | 'cpus'>;
  firmware: Inventory['machine']['firmware'];
  /** `keep`: the parts that a reinstallation leaves as they are; the layout is then the one that is there. */
  system: { disks: PlannedDisk[]; raid: boolean; layout: Layout; keep: Role[] };
  storage: { name: string; disks: PlannedDisk[] }[];
  /** Disks that nothing is written to. */
  untouched: { name: string; size: number; model?: string | undefined; holds: string }[];
  management: PlannedInterface[];
  /** All networks with their cards, `management` first. */
  networks: PlannedNetwork[];
  boot: BootPlan;
  /** Digest of the host file without its secrets and its approval. */
  hostFile: Sha256;
  /** What will surprise. */
  warnings: PlanWarning[];
}

/** What of the image a plan depends on. */
export interface ImageFacts {
  xenArguments: readonly string[];
  kernelArguments: readonly string[];
  toolstack?: 'xl' | 'xapi' | undefined;
}

/** Where no image is named: nothing is known of it. */
export const NO_IMAGE: ImageFacts = { xenArguments: [], kernelArguments: [] };

/**
 * The plan for a host file on a machine.
 * Errors, all at once: those of `resolveDisks`, `planSystem`, `planNetworks` and `planBoot`.
 */
export function planInstall(
  hostFile: HostFile,
  inventory: Inventory,
  image: ImageFacts,
  mode: InstallMode = 'install',
): InstallPlan {
  const errors: KronosError[] = [];
  const resolved = attempt(errors, () => resolveDisks(wishOf(hostFile.disks, mode), inventory));
  const system =
    resolved && attempt(errors, () => planSystem(hostFile, resolved.system, inventory, mode));
  const networks = attempt(errors, () => planNetworks(hostFile, inventory));
  const boot = attempt(errors, () => planBoot(hostFile, inventory, image));
  if (!resolved || !system || !networks || !boot || errors.length > 0)
    throw errors.length === 1 && errors[0] !== undefined ? errors[0] : new KronosErrors(errors);
  const keepsAll = (): boolean => mode === 'reinstall';
  const keepsSystem = (content: Content): boolean => keepsAll() && isKept(content, system.layout);
  const taken = [...resolved.system, ...resolved.storage.flatMap(({ disks }) => disks)];
  const { vendor, product, serial, uuid, memory, cpus, firmware } = inventory.machine;
  return {
    format: 'kronos-install-plan',
    version: 1,
    mode,
    hostname: hostFile.hostname,
    machine: { vendor, product, serial, uuid, memory, cpus },
    firmware,
    system: {
      ...system,
      disks: resolved.system.map((disk) => planDisk(disk, inventory.disks, keepsSystem)),
    },
    storage: resolved.storage.map(({ name, disks }) => ({
      name,
      disks: disks.map((disk) => planDisk(disk, inventory.disks, keepsAll)),
    })),
    untouched: inventory.disks
      .filter((disk) => !taken.includes(disk) && disk.size > 0)
      .map((disk) => ({
        ...{ name: disk.name, size: disk.size, model: disk.model },
        holds: describeDisk(disk),
      })),
    management: networks[0]?.interfaces ?? [],
    networks,
    boot,
    hostFile: digestData(redactHostFile({ ...hostFile, approve: undefined })),
    warnings: findWarnings({ firmware, disks: resolved.system, layout: system.layout, networks }),
  };
}

/** A reinstallation erases nothing for which it would have to be asked: what is there is judged by `planSystem`. */
function wishOf(disks: HostFile['disks'], mode: InstallMode): HostFile['disks'] {
  if (mode === 'install') return disks;
  return {
    system: { ...disks.system, existing: 'erase' },
    storage: disks.storage.map((one) => ({ ...one, existing: 'erase' })),
  };
}

/**
 * What `approve` in a host file holds. It covers which machine this is (DMI and firmware), the disks by what they are,
 * what is erased and kept on them, the layout, the cards by address, the host file without its secrets, and the mode.
 * It covers nothing that can change from one start to the next or that only an image tells: names of kernel devices, the
 * order in which they were found, links, memory, boot arguments. So it is the same wherever it is computed.
 */
export function digestPlan(plan: InstallPlan): Sha256 {
  const { mode, hostname, firmware, machine, system, storage, networks, hostFile } = plan;
  const { vendor, product, serial, uuid } = machine;
  return digestData({
    ...{ mode, hostname, firmware, hostFile },
    machine: { vendor, product, serial, uuid },
    system: { raid: system.raid, layout: system.layout, keep: system.keep },
    disks: identify(system.disks),
    storage: storage.map(({ name, disks }) => ({ name, disks: identify(disks) })),
    networks: networks.map(({ name, interfaces }) => ({
      name,
      cards: interfaces.map(({ mac }) => mac).sort(),
    })),
  });
}

/** Digests of disks without their names, in an order that does not depend on those either. */
function identify(disks: readonly PlannedDisk[]): Sha256[] {
  return disks.map(({ name: _name, ...rest }) => digestData(rest)).sort();
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
  const { name: _name, erased: _erased, kept: _kept, ...identity } = planned;
  return isSameDisk(identity, disk);
}

function planDisk(
  disk: Disk,
  all: readonly Disk[],
  isContentKept: (content: Content) => boolean,
): PlannedDisk {
  const known = [disk.serial, disk.wwn].some((text) => text !== undefined && text.trim() !== '');
  return {
    name: disk.name,
    // Clones that say the same of themselves are told apart by where they are.
    ...identityOf(disk, !known || twinsOf(disk, all).length > 0),
    // What an earlier run began is nobody's; an approved plan stays approved after a power cut.
    erased:
      disk.installed?.unfinished === true
        ? []
        : disk.contents.filter((content) => !isContentKept(content)),
    kept: disk.contents.filter(isContentKept),
  };
}
