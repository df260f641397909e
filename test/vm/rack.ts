// A rack for fleets: a network of its own with the site's DHCP server on it, and machines that are powered on.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run, start, type Child } from '../../src/common/process.ts';
import type { Firmware } from '../../src/lab/machine-options.ts';
import { makeDisk } from './disk.ts';
import { withShell, type LiveMachine } from './live.ts';
import { bootMedium } from './machine.ts';

/** Where the fleet server is, and what it listens on. */
export const SERVER = '10.77.0.1';
export const BRIDGE = 'rack0';

/** The site: gateway, and a DHCP server that knows nothing of starting machines. */
const SITE = '10.77.0.2';

export interface Rack {
  /** Words that lead a program into the network of the server and of the machines. */
  within: readonly string[];
  /** Powers a machine on; its disk is made where there is none. */
  powerOn: (machine: RackMachine) => Promise<LiveMachine>;
  /** Asks the coordinator of a pool for its hosts; see listPoolHosts. */
  listHosts: (coordinator: Pick<RackMachine, 'number'>, password: string) => Promise<string[]>;
}

export interface RackMachine {
  /** 1 to 9: its address, its disk and its cable. */
  number: number;
  firmware: Firmware;
  /** Goes wrong on its disk. */
  faults?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

/** MAC address of a machine. */
export function macOf({ number }: Pick<RackMachine, 'number'>): string {
  return `52:54:00:4b:77:0${number}`;
}

/** What the DHCP server of the site gives a machine. */
function addressOf({ number }: Pick<RackMachine, 'number'>): string {
  return `10.77.0.1${number}`;
}

/** Serial number of the disk of a machine. */
export function serialOf({ number }: Pick<RackMachine, 'number'>): string {
  return `KRONOS-RACK-${number}`;
}

/** Builds the network; all of it goes with the test. Errors: where it cannot, that is, for others than root. */
export async function openRack(t: ExecutionContext, directory: string): Promise<Rack> {
  await checkNetworks();
  const [rack, site] = [`kronos-rack-${process.pid}`, `kronos-site-${process.pid}`];
  for (const name of [rack, site]) {
    await run(['ip', 'netns', 'add', name]);
    t.teardown(() => run(['ip', 'netns', 'delete', name]));
    await run(['ip', '-netns', name, 'link', 'set', 'lo', 'up']);
  }
  const ip = (namespace: string, ...words: string[]) => run(['ip', '-netns', namespace, ...words]);
  // A bridge that forwards at once: firmware does not wait for spanning trees.
  await ip(rack, 'link', 'add', BRIDGE, 'type', 'bridge', 'forward_delay', '0');
  await ip(rack, 'address', 'add', `${SERVER}/24`, 'dev', BRIDGE);
  await ip(rack, 'link', 'set', BRIDGE, 'up');
  await ip(rack, 'link', 'add', 'site', 'type', 'veth', 'peer', 'name', 'rack', 'netns', site);
  await ip(rack, 'link', 'set', 'site', 'master', BRIDGE, 'up');
  await ip(site, 'address', 'add', `${SITE}/24`, 'dev', 'rack');
  await ip(site, 'link', 'set', 'rack', 'up');
  const dhcp = start([
    ...['setpriv', '--pdeathsig', 'KILL', 'ip', 'netns', 'exec', site, 'dnsmasq'],
    ...['--keep-in-foreground', '--no-daemon', '--conf-file=/dev/null', '--port=0', '--user=root'],
    ...['--interface=rack', '--bind-interfaces', '--dhcp-authoritative', '--no-ping'],
    ...['--dhcp-range=10.77.0.101,10.77.0.149,255.255.255.0,12h'],
    ...[`--dhcp-option=option:router,${SITE}`, `--dhcp-leasefile=${join(directory, 'leases')}`],
    ...['--pid-file='],
    ...[1, 2, 3, 4].map((number) => `--dhcp-host=${macOf({ number })},${addressOf({ number })}`),
  ]);
  t.teardown(() => endProgram(dhcp));
  const within = ['ip', 'netns', 'exec', rack];
  return {
    within,
    listHosts: async (coordinator, password) => {
      const question = { address: addressOf(coordinator), port: 443, password };
      const argv = [...within, process.execPath, join(import.meta.dirname, 'pool-hosts.js')];
      const { stdout } = await run(argv, { input: JSON.stringify(question) });
      return JSON.parse(stdout) as string[];
    },
    powerOn: async (machine) => {
      const tap = `tap${machine.number}`;
      await ip(rack, 'tuntap', 'add', tap, 'mode', 'tap').catch(() => undefined);
      await ip(rack, 'link', 'set', tap, 'master', BRIDGE, 'up');
      const path = join(directory, `machine${machine.number}.raw`);
      const disk = {
        ...{ path, bus: 'virtio' as const, serial: serialOf(machine), faults: machine.faults },
      };
      const booted = withShell(
        await bootMedium({
          ...{ name: `${t.title}, ${machine.number}`, firmware: machine.firmware, within },
          ...{ bootFrom: 'network', redirect: machine.firmware === 'bios', memory: 3072, cpus: 1 },
          nics: [{ model: 'e1000', mac: macOf(machine), link: { type: 'tap', name: tap } }],
          disks: [disk],
        }),
      );
      t.teardown(booted.stop);
      return booted;
    },
  };
}

/** Whoever may not make networks cannot run these tests, and is told so; nothing is left out in silence. */
async function checkNetworks(): Promise<void> {
  const mayNot = 'a rack needs root, /dev/net/tun and network namespaces';
  if (process.getuid?.() !== 0) throw new Error(`${mayNot}: run the tests as root`);
  const tap = await stat('/dev/net/tun').catch((cause: unknown) => {
    throw new Error(`${mayNot}: /dev/net/tun is not there`, { cause });
  });
  if (!tap.isCharacterDevice()) throw new Error(`${mayNot}: /dev/net/tun is no device`);
  await run(['ip', 'netns', 'list']).catch((cause: unknown) => {
    throw new Error(`${mayNot}: ip netns does not work here`, { cause });
  });
}

/** An empty disk for a machine. */
export async function makeRackDisk(directory: string, machine: RackMachine): Promise<void> {
  await makeDisk(directory, `machine${machine.number}`);
}

/** Ends a program as nobody expects it. */
export async function endProgram(child: Child): Promise<void> {
  child.kill('SIGKILL');
  await child.done;
}
