// The live system, started once and then gone on with as often as it takes: each scenario plugs in its own disks.
import { gzipSync } from 'node:zlib';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists } from '../../src/common/files.ts';
import { KEYS } from '../../src/lab/console.ts';
import type { DiskBus } from '../../src/lab/machine-options.ts';
import { HOPELESS } from '../../src/lab/try.ts';
import { LAB_PASSWORD } from './host-text.ts';
import { bootMedium, OUT, type BootOptions, type Machine } from './machine.ts';
import { findIso } from './media.ts';

/** A running live system in a file. */
export interface Live {
  iso: string;
  state: string;
}

/** A disk that is plugged into a running machine. */
export interface PluggedDisk {
  path: string;
  bus: Exclude<DiskBus, 'ahci'>;
  /** At most 20 characters. */
  serial: string;
  /** What QEMU's blkdebug does to it, for example `{ event: 'write_aio', errno: 5 }` for errors when it is written. */
  faults?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export interface LiveMachine extends Machine {
  /** Runs a line in the shell on the serial line; resolves with its exit code and what was said meanwhile. */
  shell: (line: string, timeoutSeconds?: number) => Promise<{ code: number; output: string }>;
  plug: (disk: PluggedDisk) => Promise<void>;
  plugCard: (card: PluggedCard) => Promise<void>;
}

/** A network card that is plugged into a running machine: a cable, of which this end listens. */
export interface PluggedCard {
  mac: string;
  port: number;
}

/** Room for disks that come later. */
const SLOTS = 6;

/** Without Xen: the programs are the same, and TCG runs them twice as fast. */
const NATIVE = 'n';

/** The state of the machine, and the mark that it is all there. */
const STATE = 'live.state';
const COMPLETE = 'complete';

/** Said after every line of the shell. */
const END = 'kronos-lab-end';

function machineFor(name: string, iso: string): BootOptions {
  return {
    name,
    firmware: 'bios',
    medium: { path: iso, attach: 'cdrom' },
    // The guest reaches servers of this machine at 10.0.2.2.
    nics: [{ model: 'e1000', link: { type: 'user' } }],
    slots: SLOTS,
    exitOnReboot: true,
  };
}

/** Starts the medium as far as a shell on the serial line, and keeps the running machine in a file of `directory`. */
export async function keepLive(iso: string, directory: string): Promise<Live> {
  const machine = withShell(await bootMedium(machineFor('live system to go on with', iso)));
  try {
    await machine.expect(/Self-test/, 300);
    await machine.type(NATIVE);
    await machine.expect(/Install on this machine/);
    machine.send(KEYS.interrupt);
    await machine.expect(/leads back to the installation/, 120);
    // The same screens on the other console.
    await machine.shell('systemctl stop getty@tty1; systemctl is-system-running --wait', 600);
    const state = join(directory, STATE);
    await keepMachine(machine, state);
    return { iso, state };
  } finally {
    await machine.stop();
  }
}

/** The live system of the release that is tested, started once for all scenarios of a build. */
export async function sharedLive(): Promise<Live> {
  const iso = await findIso();
  const { size, mtimeMs, ino } = await stat(iso);
  const directory = join(OUT, 'live', `${size}-${Math.round(mtimeMs)}-${ino}`);
  const state = join(directory, STATE);
  if (await exists(join(directory, COMPLETE))) return { iso, state };
  await rm(join(OUT, 'live'), { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const live = await keepLive(iso, directory);
  await writeFile(join(directory, COMPLETE), '');
  return live;
}

/** Stops a running machine and keeps it in a file. */
export async function keepMachine(machine: Machine, state: string): Promise<void> {
  await machine.ask('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await machine.ask('migrate', { uri: `file:${state}` });
  await settled(machine);
}

async function settled(machine: Machine): Promise<void> {
  for (;;) {
    const { status } = (await machine.ask('query-migrate')) as { status?: string };
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new Error(`migration ${status}`);
    await sleep(200);
  }
}

/** Goes on with a live system; `iso` may be a copy of its medium that is not what it was. */
export async function resumeLive(name: string, live: Live, iso = live.iso): Promise<LiveMachine> {
  return resume(machineFor(name, iso), live.state);
}

/** Goes on with a machine of the same options that keepMachine kept. */
export async function resume(options: BootOptions, state: string): Promise<LiveMachine> {
  const machine = withShell(await bootMedium({ ...options, resumeFrom: state }));
  // A key before the machine runs would be lost.
  for (;;) {
    const { status } = (await machine.ask('query-status')) as { status?: string };
    if (status === 'running') return machine;
    await sleep(100);
  }
}

/** A machine on whose serial line somebody is logged in. */
export function withShell(machine: Machine): LiveMachine {
  let slot = 0;
  return {
    ...machine,
    shell: async (line, timeoutSeconds = 120) => {
      const from = machine.console.transcript().length;
      // The quotes keep what is echoed from looking like what is said.
      machine.send(`${line}; echo "${END}"=$?.\r`);
      const { groups } = await machine.console.until(new RegExp(`${END}=(\\d+)\\.`), {
        timeoutSeconds,
        failOn: HOPELESS,
      });
      return { code: Number(groups[0]), output: machine.console.transcript().slice(from) };
    },
    plug: async ({ path, bus, serial, faults }) => {
      slot += 1;
      const node = `plugged${slot}`;
      const attach = async (more: object): Promise<unknown> => {
        const file = { driver: 'file', filename: path, discard: 'unmap', ...more };
        return machine.ask('blockdev-add', {
          ...{ driver: 'raw', 'node-name': node, discard: 'unmap' },
          file:
            faults === undefined
              ? file
              : { driver: 'blkdebug', image: file, 'inject-error': faults },
        });
      };
      // A quarter less time for reading many small files, where QEMU and the kernel have it.
      await attach({ aio: 'io_uring' }).catch(() => attach({}));
      const id = `device${slot}`;
      const port = `slot${slot}`;
      const driver = { virtio: 'virtio-blk-pci', nvme: 'nvme', usb: 'usb-storage' }[bus];
      if (bus === 'usb')
        await machine.ask('device_add', { driver: 'qemu-xhci', id: 'usb', bus: port });
      const where = bus === 'usb' ? 'usb.0' : port;
      await machine.ask('device_add', { driver, drive: node, serial, id, bus: where });
    },
    plugCard: async ({ mac, port }) => {
      slot += 1;
      const netdev = `cable${slot}`;
      const listen = `127.0.0.1:${port}`;
      await machine.ask('netdev_add', { type: 'socket', id: netdev, listen });
      await machine.ask('device_add', {
        ...{ driver: 'e1000', netdev, mac, id: `device${slot}`, bus: `slot${slot}` },
      });
    },
  };
}

/** Logs in as root on the serial line of an installed host whose host file allows it (`login` of hostText). */
export async function logIn(machine: LiveMachine, hostname = 'xen01'): Promise<void> {
  await machine.expect(/login:/);
  machine.send('root\r');
  await machine.expect(/Password:/);
  machine.send(`${LAB_PASSWORD}\r`);
  await machine.expect(new RegExp(`root@${hostname}`));
  await machine.shell('stty cols 200; dmesg --console-off');
}

/** Where a scenario puts the host file; see FindOptions in src/installer/source.ts for other ways. */
const HOST_FILE = '/run/host.yaml';

/** Xen keeps this much of what is typed for dom0; what comes faster than dom0 reads is lost. */
const TYPED_AT_ONCE = 60;

/** Puts a text into the running system. */
export async function putFile(machine: LiveMachine, path: string, text: string): Promise<void> {
  const packed = gzipSync(text).toString('base64');
  const must = async (line: string): Promise<void> => {
    const { code } = await machine.shell(line);
    if (code !== 0) throw new Error(`${path} was not written`);
  };
  await must(': >/run/typed');
  for (let from = 0; from < packed.length; from += TYPED_AT_ONCE)
    await must(`printf ${packed.slice(from, from + TYPED_AT_ONCE)} >>/run/typed`);
  await must(`base64 -d /run/typed | gunzip >${path}`);
}

/** Pretends that the boot loader had given these arguments as well. */
export async function addKernelArguments(machine: LiveMachine, words: string): Promise<void> {
  await putFile(machine, '/run/more', words);
  await machine.shell('tr "\\n" " " </proc/cmdline | cat - /run/more >/run/cmdline');
  await machine.shell('mount --bind /run/cmdline /proc/cmdline');
}

/** Runs the installer as the boot entry "unattended" does and stays in the live system afterwards. */
export async function installUnattended(
  machine: LiveMachine,
  hostFile: string,
  options: readonly string[] = [],
): Promise<{ code: number; output: string }> {
  await putFile(machine, HOST_FILE, hostFile);
  return machine.shell(
    ['kronos-install', '--unattended', '--host-file', HOST_FILE, ...options].join(' '),
    900,
  );
}
