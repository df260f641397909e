// Looks at a host that runs: its network, who configures it, its name. Reads only.
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { readTextOrUndefined } from '../../common/files.ts';
import { run as runProgram, type RunResult } from '../../common/process.ts';
import { makeInterfaces } from '../../host/probe/interfaces.ts';
import { list, readInterfaces } from '../../host/probe/sysfs.ts';
import type { ConfigFile, Configured, Manager } from './configured.ts';
import type { NetworkFacts } from './derive.ts';
import type { Found } from './host-file.ts';
import { clientIdentifier } from './identity.ts';
import { describeIfupdown } from './ifupdown.ts';
import { parseIni, valueOf } from './ini.ts';
import { describeNetplan } from './netplan.ts';
import {
  describeKeyfile,
  parseClientIdentifier,
  parseDeviceState,
  uuidOf,
} from './network-manager.ts';
import { describeNetworkd, parseLeaseIdentifier, parseLinkState } from './networkd.ts';
import { readConfigFiles, readResolver, type ConfigFiles } from './read-config.ts';
import { findDefaultRoute, parseRunning, type Running, type RunningInterface } from './running.ts';

/** How a host is looked at; for tests another root and other programs. */
export interface Looking {
  root: string;
  run: (argv: readonly string[]) => Promise<Pick<RunResult, 'stdout'>>;
  /** Ends a process at once. */
  kill: (pid: number) => void;
}

/** Seconds; ifup waits for a lease as long as its client does. */
const PATIENCE = 300;

export const THIS_HOST: Looking = {
  root: '/',
  run: (argv) => runProgram(argv, { timeoutSeconds: PATIENCE }),
  kill: (pid) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  },
};

/** Errors: those of ip(8), parseRunning and node:fs; `host/cannot-adopt-manager`. */
export async function readNetworkFacts(looking: Looking): Promise<NetworkFacts> {
  const { root, run } = looking;
  const running = await readRunning(run);
  const found = await readInterfaces(root);
  const files = await readConfigFiles(root);
  const said = new Map<string, Said>();
  const identifiers = new Map<string, string>();
  for (const one of running.interfaces) {
    const what = await whoConfigures(one, files, looking);
    if (what !== undefined) said.set(one.name, what);
    if (one.addresses.length === 0) continue;
    const identifier = await readIdentifier(one, what?.manager, looking);
    if (identifier !== undefined) identifiers.set(one.name, identifier);
  }
  return {
    ...{ running, manager: managerOf(running, said), identifiers },
    wired: new Set(makeInterfaces(found).map(({ name }) => name)),
    wireless: new Set(found.flatMap(({ name, wireless }) => (wireless ? [name] : []))),
    configured: new Map([...said].map(([name, { configured }]) => [name, configured])),
    resolver: await readResolver(root),
  };
}

/** Interfaces, addresses and routes as they are. Errors: those of ip(8) and parseRunning. */
export async function readRunning(run: Looking['run']): Promise<Running> {
  const ip = async (...words: string[]): Promise<string> =>
    (await run(['ip', '-json', ...words])).stdout;
  return parseRunning({
    addresses: await ip('-details', 'address', 'show'),
    routes4: await ip('-4', 'route', 'show'),
    routes6: await ip('-6', 'route', 'show'),
  });
}

interface Said {
  manager: Manager;
  configured: Configured;
}

/** Where nothing has a default route, that is told first. */
function managerOf(running: Running, said: ReadonlyMap<string, Said>): Manager {
  const name = findDefaultRoute(running)?.interface;
  const manager = said.get(name ?? '')?.manager;
  if (manager !== undefined || name === undefined) return manager ?? 'ifupdown';
  throw new KronosError(
    'host/cannot-adopt-manager',
    `adopting this host: none of ifupdown, systemd-networkd, netplan and NetworkManager configures ${name}`,
    { hint: `let one of them configure ${name}, start it so, then: kronos-firstboot adopt` },
  );
}

/** What configures an interface, from what runs; ifupdown leaves nothing that runs, so it comes last. */
async function whoConfigures(
  one: RunningInterface,
  files: ConfigFiles,
  looking: Looking,
): Promise<Said | undefined> {
  return (
    (await byNetworkManager(one, files, looking)) ??
    (await byNetworkd(one, files, looking)) ??
    byIfupdown(one, files)
  );
}

async function byNetworkManager(
  { name, mac, index }: RunningInterface,
  { keyfiles, netplan }: ConfigFiles,
  { root }: Looking,
): Promise<Said | undefined> {
  const text = await readTextOrUndefined(join(root, `/run/NetworkManager/devices/${index}`));
  if (text === undefined) return undefined;
  const { managed, connection } = parseDeviceState(text);
  const file = keyfiles.find((one) => connection !== undefined && uuidOf(one) === connection);
  if (!managed || file === undefined) return undefined;
  // What others configured has a connection in memory, so that it can be shown.
  if (valueOf(parseIni(file.text), '.nmmeta', 'external') !== undefined) return undefined;
  const planned = isOfNetplan(file.path) ? describeNetplan(netplan, { name, mac }) : undefined;
  if (planned !== undefined) return { manager: 'netplan', configured: planned };
  return { manager: 'network-manager', configured: describeKeyfile(file) };
}

async function byNetworkd(
  { name, mac, index }: RunningInterface,
  { netplan }: ConfigFiles,
  { root }: Looking,
): Promise<Said | undefined> {
  const text = await readTextOrUndefined(join(root, `/run/systemd/netif/links/${index}`));
  const { state, file: path, dropIns } = parseLinkState(text ?? '');
  if (path === undefined || state === 'unmanaged') return undefined;
  const file = await readFileAt(root, path);
  if (file === undefined) return undefined;
  const more = await Promise.all(dropIns.map((dropIn) => readFileAt(root, dropIn)));
  const configured = describeNetworkd(
    file,
    more.filter((one) => one !== undefined),
  );
  const planned = isOfNetplan(path) ? describeNetplan(netplan, { name, mac }) : undefined;
  // What netplan made of its files is complete; where it comes from are the files.
  if (planned !== undefined)
    return { manager: 'netplan', configured: { ...configured, source: planned.source } };
  return { manager: isOfNetplan(path) ? 'netplan' : 'networkd', configured };
}

function byIfupdown({ name }: RunningInterface, { ifupdown }: ConfigFiles): Said | undefined {
  const configured = describeIfupdown(ifupdown, name);
  return configured === undefined ? undefined : { manager: 'ifupdown', configured };
}

function isOfNetplan(path: string): boolean {
  return path.startsWith('/run/') && basename(path).includes('netplan');
}

async function readFileAt(root: string, path: string): Promise<ConfigFile | undefined> {
  const text = await readTextOrUndefined(join(root, path));
  return text === undefined ? undefined : { path, text };
}

/** How the DHCP server knows an interface. */
async function readIdentifier(
  { name, mac, index }: RunningInterface,
  manager: Manager | undefined,
  { root, run }: Looking,
): Promise<string | undefined> {
  const read = async (path: string): Promise<string> =>
    (await readTextOrUndefined(join(root, path))) ?? '';
  const lease = parseLeaseIdentifier(await read(`/run/systemd/netif/leases/${index}`));
  if (lease !== undefined) return lease;
  if (manager === 'network-manager' || manager === 'netplan') {
    const argv = ['nmcli', '-t', '-f', 'DHCP4', 'device', 'show', name];
    return run(argv).then(
      ({ stdout }) => parseClientIdentifier(stdout),
      () => undefined,
    );
  }
  const clients = await findClients(root, name);
  const leases = ['dhclient', 'dhclient6'].map((one) => `/var/lib/dhcp/${one}.${name}.leases`);
  return clientIdentifier({
    mac,
    arguments: clients.find((one) => !one.arguments.includes('-6'))?.arguments,
    leases: await Promise.all(leases.map(read)),
    duid: (await read('/var/lib/dhcpcd/duid')).trim() || undefined,
    settings: await read('/etc/dhcpcd.conf'),
  });
}

/** DHCP clients of an interface that a manager started which does not speak DHCP itself. */
export async function findClients(
  root: string,
  name: string,
): Promise<{ pid: number; arguments: string[] }[]> {
  const found: { pid: number; arguments: string[] }[] = [];
  for (const pid of await list(join(root, '/proc'))) {
    if (!/^\d+$/.test(pid)) continue;
    // It may have ended since.
    const text = await readFile(join(root, '/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    // dhcpcd calls itself "dhcpcd: eth0 [ip4]".
    const words = text.split(/[\0\s]+/).filter((word) => word !== '');
    const program = words[0]?.split('/').at(-1) ?? '';
    if (/^(?:dhclient|dhcpcd|udhcpc)\b/.test(program) && words.includes(name))
      found.push({ pid: Number(pid), arguments: words });
  }
  return found;
}

/** The name of the host. */
export async function readHostname(root: string): Promise<Found> {
  const text = ((await readTextOrUndefined(join(root, '/etc/hostname'))) ?? '').trim();
  if (text !== '') return { value: text, source: 'From /etc/hostname.' };
  return { value: hostname(), source: 'From the kernel.' };
}
