// The QEMU command line of a machine, decided without touching anything; what must be there first is listed.
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { checkMachine } from './machine-check.ts';
import {
  DEFAULT_CPUS,
  DEFAULT_MEMORY,
  formatOf,
  type Disk,
  type DiskBus,
  type DisplayKind,
  type ImageFormat,
  type MachineOptions,
  type Medium,
  type Nic,
  type Serial,
} from './machine-options.ts';
import { qemuCommand, type Programs } from './programs.ts';

export interface MachinePlan {
  argv: string[];
  /** Added to the environment of the caller. */
  environment: Record<string, string>;
  /** Copies to make before the start. */
  files: { path: string; copyOf: string }[];
  qmpSocket: string | undefined;
  serialSocket: string | undefined;
}

/** Xen needs nested paging to offer HVM and PVH guests; newer models of TCG panic Xen 4.20 or are slower. */
const TCG_CPU = 'qemu64,+npt,+nrip-save';

/** Number of the PCI Express port of the first NVMe disk: far from those of `slots`. */
const FIRST_NVME_PORT = 100;

/**
 * Plans a machine. Pure: nothing is looked up or made.
 * Errors: `input/wrong-value`, `input/combination`, `input/too-many-devices` located at the option they belong to,
 * `dependency/firmware-missing`.
 */
export function planMachine(options: MachineOptions): MachinePlan {
  checkMachine(options);
  const { programs, directory } = options;
  const files: MachinePlan['files'] = [];
  const display = options.display ?? 'none';
  const graphics = options.graphics ?? display !== 'none';
  const qmpSocket = options.qmp === true ? join(directory, 'qmp.sock') : undefined;
  const serialSocket =
    options.serial.type === 'socket' ? join(directory, 'serial.sock') : undefined;
  const machine =
    options.firmware === 'bios' && options.redirect === true ? 'q35,graphics=off' : 'q35';
  const argv = [
    ...qemuCommand(programs),
    ...['-machine', machine],
    ...['-accel', options.acceleration],
    ...['-cpu', options.acceleration === 'kvm' ? 'host' : TCG_CPU],
    ...['-smp', String(options.cpus ?? DEFAULT_CPUS)],
    ...['-m', String(options.memory ?? DEFAULT_MEMORY)],
    ...['-rtc', 'base=utc'],
    // Without it a guest under TCG waits long for its random numbers.
    ...['-device', 'virtio-rng-pci'],
    ...planDisplay(display, graphics),
    ...planSerial(options.serial, serialSocket),
  ];
  if (qmpSocket !== undefined) {
    argv.push('-qmp', `unix:${escape(qmpSocket)},server=on,wait=off`);
  }
  if (options.exitOnReboot === true) argv.push('-no-reboot');
  if (options.firmware === 'uefi') argv.push(...planUefi(programs, directory, files));
  const order = bootOrder(options);
  // Network cards come first so that their PCI slots, and with them their names, do not depend on the disks.
  (options.nics ?? []).forEach((nic, index) => {
    argv.push(...planNic(nic, index, order('network', index)));
  });
  if (needsUsb(options)) argv.push('-device', 'qemu-xhci,id=usb');
  const nextPort = portCounter();
  if (options.medium !== undefined)
    argv.push(...planMedium(options.medium, nextPort, order('medium', 0)));
  (options.disks ?? []).forEach((disk, index) => {
    argv.push(...planDisk(disk, index, nextPort, order('disk', index)));
  });
  for (let slot = 1; slot <= (options.slots ?? 0); slot++) {
    argv.push('-device', `pcie-root-port,id=slot${slot},chassis=${slot},slot=${slot}`);
  }
  if (options.resumeFrom !== undefined) {
    argv.push('-incoming', `file:${escape(options.resumeFrom)}`);
  }
  // QEMU keeps what a guest writes to a snapshot in TMPDIR.
  const environment = { ...programs.environment, TMPDIR: directory };
  return { argv, environment, files, qmpSocket, serialSocket };
}

/** Doubles commas, which separate the parts of QEMU's options. */
export function escape(value: string): string {
  return value.replaceAll(',', ',,');
}

function planDisplay(display: DisplayKind, graphics: boolean): string[] {
  const card = graphics ? ['-device', 'VGA'] : [];
  // QEMU's own commands on Alt-2: there is no other way out of `curses`.
  const monitor = ['-monitor', 'vc'];
  switch (display) {
    case 'none':
      return [...card, '-display', 'none'];
    case 'curses':
      return [...card, '-display', 'curses', ...monitor];
    case 'vnc':
      return [...card, '-display', 'none', '-vnc', '127.0.0.1:0,to=99', ...monitor];
    case 'gtk':
      return [...card, '-display', 'gtk', ...monitor];
  }
}

function planSerial(serial: Serial, socket: string | undefined): string[] {
  const port = ['-serial', 'chardev:serial0'];
  switch (serial.type) {
    case 'pipe':
      return [
        ...['-chardev', 'stdio,id=serial0,mux=on,signal=off'],
        ...port,
        ...['-mon', 'chardev=serial0,mode=readline'],
      ];
    case 'socket': {
      const log = serial.log === undefined ? '' : `,logfile=${escape(serial.log)},logappend=off`;
      // Waiting for the reader: the first lines would be lost otherwise.
      return [
        '-chardev',
        `socket,id=serial0,path=${escape(socket ?? '')},server=on,wait=on${log}`,
        ...port,
      ];
    }
    case 'file':
      return ['-chardev', `file,id=serial0,path=${escape(serial.path)}`, ...port];
  }
}

function planUefi(programs: Programs, directory: string, files: MachinePlan['files']): string[] {
  if (programs.uefi === undefined) {
    throw new KronosError(
      'dependency/firmware-missing',
      'this QEMU has no UEFI firmware beside it',
      {
        location: { file: '--firmware' },
        hint: 'install the package ovmf, or leave --qemu out to use the QEMU of the lab',
      },
    );
  }
  const variables = join(directory, 'uefi-variables.fd');
  files.push({ path: variables, copyOf: programs.uefi.variables });
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escape(programs.uefi.code)}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${escape(variables)}`],
  ];
}

function planNic(nic: Nic, index: number, bootIndex: number): string[] {
  const id = `net${index}`;
  const mac = nic.mac ?? `52:54:00:4b:52:${(index + 1).toString(16).padStart(2, '0')}`;
  const device = nic.model === 'virtio' ? 'virtio-net-pci' : 'e1000';
  const { link } = nic;
  const parts =
    link.type === 'tap'
      ? [`tap,id=${id}`, `ifname=${escape(link.name)}`, 'script=no', 'downscript=no']
      : link.type === 'user'
        ? [
            `user,id=${id}`,
            ...(link.isolated === true ? ['restrict=on'] : []),
            ...(link.tftp === undefined ? [] : [`tftp=${escape(link.tftp)}`]),
            ...(link.bootfile === undefined ? [] : [`bootfile=${escape(link.bootfile)}`]),
            ...(link.forwards ?? []).map(
              ({ host, guest }) => `hostfwd=tcp:127.0.0.1:${host}-:${guest}`,
            ),
          ]
        : [`socket,id=${id}`, `${link.type}=${escape(link.address)}`];
  return [
    ...['-netdev', parts.join(',')],
    ...['-device', `${device},netdev=${id},mac=${mac},bootindex=${bootIndex}`],
  ];
}

function planMedium(medium: Medium, nextPort: () => number, bootIndex: number): string[] {
  if (medium.attach === 'cdrom') {
    return [
      ...[
        '-drive',
        `if=none,id=medium,format=raw,media=cdrom,readonly=on,file=${escape(medium.path)}`,
      ],
      ...['-device', `ide-cd,drive=medium,bus=ide.${nextPort()},bootindex=${bootIndex}`],
    ];
  }
  const snapshot = medium.writable !== true;
  return [
    ...planDrive('medium', medium, snapshot),
    ...planBlockDevice('medium', medium.attach, 0, nextPort, 'KRONOS-MEDIUM', bootIndex),
  ];
}

function planDisk(disk: Disk, index: number, nextPort: () => number, bootIndex: number): string[] {
  const id = `disk${index}`;
  const serial = disk.serial ?? `KRONOS-DISK-${index}`;
  return [
    ...(disk.faults === undefined
      ? planDrive(id, disk, disk.snapshot === true)
      : planFaultyDrive(id, disk)),
    ...planBlockDevice(id, disk.bus, index, nextPort, serial, bootIndex),
  ];
}

function planDrive(
  id: string,
  image: { path: string; format?: ImageFormat | undefined },
  snapshot: boolean,
): string[] {
  const parts = [
    `if=none,id=${id},format=${formatOf(image)}`,
    ...(snapshot ? ['snapshot=on'] : ['discard=unmap']),
    `file=${escape(image.path)}`,
  ];
  return ['-drive', parts.join(',')];
}

/** A raw image with what goes wrong on it. */
function planFaultyDrive(id: string, { path, faults }: Disk): string[] {
  const image = { driver: 'file', filename: path, discard: 'unmap' };
  const file = { driver: 'blkdebug', image, 'inject-error': faults };
  return ['-blockdev', JSON.stringify({ driver: 'raw', 'node-name': id, discard: 'unmap', file })];
}

function planBlockDevice(
  id: string,
  bus: DiskBus,
  index: number,
  nextPort: () => number,
  serial: string,
  bootIndex: number,
): string[] {
  const common = `drive=${id},serial=${escape(serial)},bootindex=${bootIndex}`;
  switch (bus) {
    case 'virtio':
      return ['-device', `virtio-blk-pci,${common}`];
    case 'ahci':
      return ['-device', `ide-hd,bus=ide.${nextPort()},${common}`];
    case 'nvme': {
      // On the root bus of a machine with more than 2 GiB, SeaBIOS puts the registers above 4 GiB and cannot reach them.
      const port = FIRST_NVME_PORT + index;
      return [
        ...['-device', `pcie-root-port,id=port${port},chassis=${port},slot=${port}`],
        ...['-device', `nvme,bus=port${port},${common}`],
      ];
    }
    case 'usb':
      return ['-device', `usb-storage,bus=usb.0,removable=on,${common}`];
  }
}

function needsUsb(options: MachineOptions): boolean {
  return options.medium?.attach === 'usb' || (options.disks ?? []).some(({ bus }) => bus === 'usb');
}

/** Counts the ports of the AHCI controller that every q35 has. */
function portCounter(): () => number {
  let port = 0;
  return () => port++;
}

/** Boot index (1 is first) of the n-th device of a kind. */
function bootOrder(
  options: MachineOptions,
): (kind: 'medium' | 'disk' | 'network', n: number) => number {
  const counts = {
    medium: options.medium === undefined ? 0 : 1,
    disk: options.disks?.length ?? 0,
    network: options.nics?.length ?? 0,
  };
  const kinds = ['medium', 'disk', 'network'] as const;
  const first = options.bootFrom ?? 'medium';
  const order = [first, ...kinds.filter((kind) => kind !== first)];
  return (kind, n) => {
    let index = 1;
    for (const earlier of order) {
      if (earlier === kind) break;
      index += counts[earlier];
    }
    return index + n;
  };
}
