// What a machine of the lab can consist of.
import type { Programs } from './programs.ts';

export type Firmware = 'bios' | 'uefi';
export type DiskBus = 'virtio' | 'ahci' | 'nvme' | 'usb';
export type Attachment = 'cdrom' | DiskBus;
export type ImageFormat = 'raw' | 'qcow2';
export type DisplayKind = 'none' | 'curses' | 'vnc' | 'gtk';

/** What the machine boots from. It is never written unless `writable` is set. */
export interface Medium {
  path: string;
  attach: Attachment;
  format?: ImageFormat | undefined;
  writable?: boolean | undefined;
}

export interface Disk {
  path: string;
  bus: DiskBus;
  format?: ImageFormat | undefined;
  /** What the guest sees as serial number, at most 20 characters. */
  serial?: string | undefined;
  /** Throw away what the guest writes. */
  snapshot?: boolean | undefined;
  /** What QEMU's blkdebug does to it, for example `{ event: 'none', iotype: 'write', errno: 5 }`. */
  faults?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export interface Forward {
  /** Port on the loopback address of this machine. */
  host: number;
  guest: number;
}

export interface Nic {
  model: 'e1000' | 'virtio';
  /** Made from the position of the NIC where it is not given. */
  mac?: string | undefined;
  link:
    | {
        type: 'user';
        /** Directory served by TFTP. */
        tftp?: string | undefined;
        bootfile?: string | undefined;
        forwards?: readonly Forward[] | undefined;
        /** Let the guest reach nothing but this machine's forwards and TFTP. */
        isolated?: boolean | undefined;
      }
    | { type: 'listen' | 'connect'; address: string }
    /** An interface of this machine that is there already. */
    | { type: 'tap'; name: string };
}

/**
 * Where the first serial line goes: `pipe` to standard input and output of QEMU for a program that reads them
 * (Ctrl-A X and the other keys of QEMU's monitor work there too), `socket` to the machine's directory, or a file.
 */
export type Serial =
  { type: 'pipe' } | { type: 'socket'; log?: string | undefined } | { type: 'file'; path: string };

export interface MachineOptions {
  programs: Programs;
  /** A directory of this machine's own for its variables and sockets. */
  directory: string;
  firmware: Firmware;
  acceleration: 'kvm' | 'tcg';
  medium?: Medium | undefined;
  disks?: readonly Disk[] | undefined;
  nics?: readonly Nic[] | undefined;
  /** What is tried first; the others follow in the order medium, disk, network. */
  bootFrom?: 'medium' | 'disk' | 'network' | undefined;
  /** MiB, default 4096. */
  memory?: number | undefined;
  /** Default 2. */
  cpus?: number | undefined;
  display?: DisplayKind | undefined;
  /** A graphics card although nothing shows it, for screen shots through QMP. */
  graphics?: boolean | undefined;
  /** Show the texts of a BIOS and of its network ROM on the serial line, as servers with console redirection do. */
  redirect?: boolean | undefined;
  serial: Serial;
  qmp?: boolean | undefined;
  /** End QEMU where the guest restarts. */
  exitOnReboot?: boolean | undefined;
  /** Empty PCI Express slots, `slot1` and so on, for devices that are plugged in later through QMP. */
  slots?: number | undefined;
  /** Go on from this file, in which QMP's `migrate` kept a running machine of the same options. */
  resumeFrom?: string | undefined;
}

export const DEFAULT_MEMORY = 4096;
export const DEFAULT_CPUS = 2;

/** The image format that a file name stands for. QEMU must not guess it from the content, which the guest writes. */
export function formatOf(image: { path: string; format?: ImageFormat | undefined }): ImageFormat {
  return image.format ?? (image.path.endsWith('.qcow2') ? 'qcow2' : 'raw');
}
