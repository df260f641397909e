// What cannot be a machine is refused before anything is started, at the option that says it.
import { KronosError } from '../common/error.ts';
import { formatOf, type Disk, type MachineOptions, type Nic } from './machine-options.ts';

/** The q35's AHCI controller has six ports. */
const AHCI_PORTS = 6;

/** A virtio disk shows 20 bytes of its serial number and silently drops the rest. */
const SERIAL_LENGTH = 20;

/** A unix socket's path must fit into sockaddr_un. */
const SOCKET_PATH_LENGTH = 107;

/** Refuses options that contradict each other or that QEMU would bend silently. Errors: see planMachine. */
export function checkMachine(options: MachineOptions): void {
  checkNumber('--memory', options.memory, 64, 1024 * 1024, 'MiB');
  checkNumber('--cpus', options.cpus, 1, 64, 'processors');
  checkMedium(options);
  for (const disk of options.disks ?? []) checkDisk(disk);
  for (const nic of options.nics ?? []) checkNic(nic);
  checkBoot(options);
  checkDisplay(options);
  const ahci = [options.medium?.attach, ...(options.disks ?? []).map(({ bus }) => bus)].filter(
    (bus) => bus === 'ahci' || bus === 'cdrom',
  ).length;
  if (ahci > AHCI_PORTS) {
    throw new KronosError(
      'input/too-many-devices',
      `${ahci} AHCI devices are asked for; the machine has ${AHCI_PORTS} ports`,
      {
        location: { file: '--disk' },
        hint: 'attach some of the disks as virtio or nvme',
      },
    );
  }
  if (Buffer.byteLength(options.directory) + '/serial.sock'.length > SOCKET_PATH_LENGTH) {
    wrongValue(
      'TMPDIR',
      `${options.directory} is too long a path for the sockets of a machine`,
      'set TMPDIR to a shorter path',
    );
  }
}

function checkMedium({ medium }: MachineOptions): void {
  if (medium?.attach !== 'cdrom') return;
  if (formatOf(medium) !== 'raw') {
    combination(
      '--attach',
      `a ${formatOf(medium)} image cannot be a CD`,
      'attach it with --attach disk',
    );
  }
  if (medium.writable === true) {
    combination('--attach', 'a CD cannot be written to', 'attach it with --attach disk or usb');
  }
}

function checkDisk(disk: Disk): void {
  const { serial } = disk;
  if (serial === undefined) return;
  if (serial.length > SERIAL_LENGTH || !/^[\x21-\x7e]+$/.test(serial)) {
    wrongValue(
      '--disk',
      `the serial number ${JSON.stringify(serial)} is not 1 to ${SERIAL_LENGTH} printable characters`,
      'choose a shorter one',
    );
  }
}

function checkNic(nic: Nic): void {
  if (nic.mac !== undefined && !/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(nic.mac)) {
    wrongValue(
      '--nic',
      `${JSON.stringify(nic.mac)} is not the MAC address of one card`,
      'use a form like 52:54:00:12:34:56',
    );
  }
  if ('address' in nic.link && !/^[^:]+:\d+$/.test(nic.link.address)) {
    wrongValue(
      '--nic',
      `${JSON.stringify(nic.link.address)} is not an address`,
      'use HOST:PORT, for example 127.0.0.1:17001',
    );
  }
}

function checkBoot(options: MachineOptions): void {
  const first = options.bootFrom;
  if (first === 'network' && (options.nics ?? []).length === 0) {
    combination(
      '--pxe',
      'a machine without network card cannot boot from the network',
      'add a network card',
    );
  }
  if (first === 'disk' && (options.disks ?? []).length === 0) {
    combination('--disk', 'there is no disk to boot from', 'name one with --disk FILE');
  }
  if (first === 'medium' && options.medium === undefined) {
    combination('MEDIUM', 'there is no medium to boot from', 'name an ISO or a disk image');
  }
}

function checkDisplay(options: MachineOptions): void {
  if (options.display === 'curses' && options.serial.type === 'pipe') {
    combination(
      '--display',
      'the screen and the serial line cannot both have this terminal',
      'write the serial line to a file with --serial-log FILE',
    );
  }
  if (options.display === 'gtk' && !options.programs.windows) {
    combination(
      '--display',
      'the QEMU of the lab opens no windows',
      'use --display vnc, or a QEMU of your own with --qemu PATH',
    );
  }
}

function checkNumber(
  option: string,
  value: number | undefined,
  least: number,
  most: number,
  unit: string,
): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < least || value > most) {
    wrongValue(
      option,
      `${value} is not a whole number of ${unit} from ${least} to ${most}`,
      `leave ${option} out for the default`,
    );
  }
}

function wrongValue(option: string, message: string, hint: string): never {
  throw new KronosError('input/wrong-value', message, { location: { file: option }, hint });
}

function combination(option: string, message: string, hint: string): never {
  throw new KronosError('input/combination', message, { location: { file: option }, hint });
}
