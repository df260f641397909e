import test from 'ava';
import { formatError, KronosError } from '../../src/common/error.ts';
import type { MachineOptions } from '../../src/lab/machine-options.ts';
import { planMachine } from '../../src/lab/machine.ts';
import { labPrograms, type Programs } from '../../src/lab/programs.ts';
import { compareWithGolden } from '../golden.ts';

const PROGRAMS = labPrograms('/lab', 'x64');
const BASE: MachineOptions = {
  programs: PROGRAMS,
  directory: '/scratch',
  firmware: 'bios',
  acceleration: 'tcg',
  serial: { type: 'pipe' },
};

/** One option and its values a line. */
function render(options: MachineOptions): string {
  const plan = planMachine(options);
  const lines = plan.argv.map((word) => (word.startsWith('-') ? `\n${word}` : ` ${word}`)).join('');
  const environment = Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`);
  const files = plan.files.map(({ path, copyOf }) => `copy ${copyOf} -> ${path}`);
  const sockets = [`qmp ${plan.qmpSocket ?? '-'}`, `serial ${plan.serialSocket ?? '-'}`];
  return `${[lines, '', ...environment, ...files, ...sockets].join('\n')}\n`;
}

const MACHINES: Record<string, Partial<MachineOptions>> = {
  'bios-cdrom': { medium: { path: '/images/kronos.iso', attach: 'cdrom' } },
  'uefi-usb-kvm': {
    firmware: 'uefi',
    acceleration: 'kvm',
    medium: { path: '/images/with, comma.iso', attach: 'usb' },
    memory: 2048,
    cpus: 4,
  },
  'uefi-installed-disks': {
    firmware: 'uefi',
    bootFrom: 'disk',
    disks: [
      { path: '/images/a.img', bus: 'nvme', serial: 'FIRST' },
      { path: '/images/b.qcow2', bus: 'ahci', snapshot: true },
      { path: '/images/c.img', bus: 'virtio' },
      { path: '/images/d.img', bus: 'usb' },
    ],
    display: 'curses',
    serial: { type: 'socket', log: '/logs/serial.log' },
    qmp: true,
  },
  'bios-network': {
    bootFrom: 'network',
    redirect: true,
    nics: [
      {
        model: 'e1000',
        link: {
          type: 'user',
          tftp: '/out/pxe',
          bootfile: 'grub.0',
          isolated: true,
          forwards: [{ host: 2222, guest: 22 }],
        },
      },
      { model: 'virtio', link: { type: 'listen', address: '127.0.0.1:17001' } },
      {
        model: 'virtio',
        mac: '52:54:00:aa:bb:cc',
        link: { type: 'connect', address: '127.0.0.1:17001' },
      },
    ],
    serial: { type: 'file', path: '/logs/serial.log' },
    exitOnReboot: true,
  },
  'rack-with-a-bad-disk': {
    disks: [
      {
        ...{ path: '/images/a,b.raw', bus: 'virtio', serial: 'RACK-1' },
        faults: [{ event: 'none', iotype: 'write', errno: 5, sector: 7, once: true }],
      },
    ],
    bootFrom: 'network',
    nics: [{ model: 'e1000', link: { type: 'tap', name: 'tap1' } }],
  },
  'medium-and-disk-with-screen': {
    medium: { path: '/images/host.qcow2', attach: 'virtio', writable: true },
    disks: [{ path: '/images/a.img', bus: 'ahci' }],
    nics: [{ model: 'e1000', link: { type: 'user' } }],
    display: 'vnc',
  },
};

for (const [name, options] of Object.entries(MACHINES)) {
  test(`the command line of ${name}`, async (t) => {
    await compareWithGolden(
      t,
      import.meta.url,
      `machine-${name}.txt`,
      render({ ...BASE, ...options }),
    );
  });
}

test('a machine without anything is the same every time', (t) => {
  t.deepEqual(planMachine(BASE), planMachine(BASE));
});

const AHCI = { path: '/a.img', bus: 'ahci' } as const;
const NO_UEFI: Programs = { ...PROGRAMS, uefi: undefined };

const REFUSED: Record<string, Partial<MachineOptions>> = {
  'a qcow2 CD': { medium: { path: '/a.qcow2', attach: 'cdrom' } },
  'a writable CD': { medium: { path: '/a.iso', attach: 'cdrom', writable: true } },
  'too many AHCI devices': {
    medium: { path: '/a.iso', attach: 'cdrom' },
    disks: Array.from({ length: 6 }, () => AHCI),
  },
  'no network card': { bootFrom: 'network' },
  'no disk': { bootFrom: 'disk' },
  'no medium': { bootFrom: 'medium' },
  'curses and serial': { display: 'curses' },
  'windows of the lab': { display: 'gtk' },
  'no UEFI firmware': { firmware: 'uefi', programs: NO_UEFI },
  'too little memory': { memory: 16 },
  'half a processor': { cpus: 0.5 },
  'a long serial number': { disks: [{ ...AHCI, serial: 'x'.repeat(21) }] },
  'a multicast MAC': {
    nics: [{ model: 'e1000', mac: '01:00:00:00:00:01', link: { type: 'user' } }],
  },
  'a bad address': { nics: [{ model: 'e1000', link: { type: 'listen', address: 'somewhere' } }] },
  'a long path': { directory: `/${'d'.repeat(100)}` },
};

test('what cannot be a machine is refused at its option', async (t) => {
  const said: string[] = [];
  for (const [name, options] of Object.entries(REFUSED)) {
    const error = t.throws(
      () => planMachine({ ...BASE, ...options }),
      { instanceOf: KronosError },
      name,
    );
    t.not(error.location, undefined, name);
    said.push(`${name}\n${formatError(error)}\n`);
  }
  await compareWithGolden(t, import.meta.url, 'machine-refused.txt', said.join('\n'));
});

test('the lab has no QEMU for other processors', (t) => {
  t.is(
    t.throws(() => labPrograms('/lab', 'mips'), { instanceOf: KronosError }).code,
    'host/architecture',
  );
});
