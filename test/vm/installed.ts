// A host on a disk: installed by the live system, then started from there as far as a shell.
import type { Nic } from '../../src/lab/machine-options.ts';
import { makeDisk } from './disk.ts';
import {
  addKernelArguments,
  installUnattended,
  logIn,
  resumeLive,
  sharedLive,
  withShell,
  type Live,
  type LiveMachine,
  type PluggedDisk,
} from './live.ts';
import { bootMedium } from './machine.ts';

/** The serial number of its disk, which host files of scenarios name (hostText). */
export const SERIAL = 'KRONOS-LAB-0';

/** Entries of the boot menu of an installed host: Xen with a console on the serial line, and without Xen. */
const ENTRIES = { xen: 's', native: 'n' } as const;

export interface HostToInstall {
  /** What the machine that installs is called in logs. */
  name: string;
  /** Where the disk is made, and what it is called there. */
  directory: string;
  disk?: string;
  hostFile: string;
  /** Another live system than that of the release. */
  live?: Live;
  /** Called on the live system, before and after the installation. */
  before?: (machine: LiveMachine) => Promise<unknown>;
  after?: (machine: LiveMachine) => Promise<unknown>;
}

/** Installs a host on a new disk. Errors: what the installer said, where it failed. */
export async function installHost(host: HostToInstall): Promise<PluggedDisk> {
  const path = await makeDisk(host.directory, host.disk ?? 'target');
  const disk: PluggedDisk = { path, bus: 'virtio', serial: SERIAL };
  const machine = await resumeLive(`${host.name}, install`, host.live ?? (await sharedLive()));
  try {
    await machine.plug(disk);
    await host.before?.(machine);
    await addKernelArguments(machine, 'kronos.after=shell');
    const { code, output } = await installUnattended(machine, host.hostFile);
    if (code !== 0) throw new Error(output);
    await host.after?.(machine);
  } finally {
    await machine.stop();
  }
  return disk;
}

export interface HostToStart {
  name: string;
  disk: PluggedDisk;
  nics: readonly Nic[];
  entry: keyof typeof ENTRIES;
  hostname?: string;
}

/** Starts an installed host and logs in on its serial line. Whoever calls this stops the machine. */
export async function startHost(host: HostToStart): Promise<LiveMachine> {
  const { name, disk, nics, entry, hostname } = host;
  const machine = withShell(
    await bootMedium({ name, firmware: 'bios', bootFrom: 'disk', disks: [disk], nics }),
  );
  try {
    await enter(machine, entry, hostname);
    return machine;
  } catch (error) {
    await machine.stop();
    throw error;
  }
}

/** Starts a host again from its own shell, as a person would, and logs in. */
export async function restartHost(
  machine: LiveMachine,
  { entry, hostname }: Pick<HostToStart, 'entry' | 'hostname'>,
): Promise<void> {
  await machine.type('systemctl reboot\r');
  await enter(machine, entry, hostname);
}

/** From the boot menu to the shell. */
async function enter(
  machine: LiveMachine,
  entry: HostToStart['entry'],
  hostname?: string,
): Promise<void> {
  await machine.expect(/serial console/, 300);
  await machine.type(ENTRIES[entry]);
  await logIn(machine, hostname);
}
