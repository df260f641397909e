// Gathers what the status screen shows. No other programs are started: it must be quick on the slowest console.
import { readFile } from 'node:fs/promises';
import {
  cpus,
  hostname,
  networkInterfaces,
  release,
  totalmem,
  type NetworkInterfaceInfo,
} from 'node:os';
import { readAppliance } from './appliance.ts';
import type { StatusFacts } from './status-screen.ts';

/** The word of `kronos.mode=` on a kernel command line; the last one counts, as with the kernel's own options. */
export function modeOf(commandLine: string): string | undefined {
  const words = commandLine.trim().split(/\s+/);
  const mode = words
    .findLast((word) => word.startsWith('kronos.mode='))
    ?.slice('kronos.mode='.length);
  if (mode !== undefined && mode !== '') return mode;
  // Booted by our initrd, but without a word for how: live.
  return words.includes('boot=kronos') ? 'live' : undefined;
}

/** Addresses that others can reach: no loopback, no link-local ones, IPv4 before IPv6 on each interface. */
export function addressesOf(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): StatusFacts['addresses'] {
  return Object.entries(interfaces).flatMap(([name, infos]) =>
    (infos ?? [])
      .filter(
        ({ internal, address }) =>
          !internal && !/^fe[89ab]/i.test(address) && !address.startsWith('169.254.'),
      )
      .sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0))
      .map(({ address }) => ({ interface: name, address })),
  );
}

/** The version of Xen below us, or undefined. Xen's own files in sysfs; `extra` has the dot in it (`.4`). */
async function xenVersion(root: string): Promise<string | undefined> {
  if ((await read(`${root}/sys/hypervisor/type`)).trim() !== 'xen') return undefined;
  const [major, minor, extra] = await Promise.all(
    ['major', 'minor', 'extra'].map((part) => read(`${root}/sys/hypervisor/version/${part}`)),
  );
  const version = `${major?.trim() ?? ''}.${minor?.trim() ?? ''}${extra?.trim() ?? ''}`;
  return version === '.' ? 'of an unknown version' : version;
}

/** Gathers the facts. `root` is prefixed to the kernel's files, for tests. Errors: those of readAppliance. */
export async function gatherStatus(appliancePath?: string, root = ''): Promise<StatusFacts> {
  const appliance = await readAppliance(appliancePath);
  return {
    edition: appliance.edition,
    version: appliance.version,
    summary: appliance.summary,
    toolstack: appliance.toolstack.name,
    xen: await xenVersion(root),
    kernel: `Linux ${release()}`,
    hostName: hostname(),
    addresses: addressesOf(networkInterfaces()),
    mode: modeOf(await read(`${root}/proc/cmdline`)),
    cpus: cpus().length,
    memory: Math.round(totalmem() / 1024 / 1024),
  };
}

async function read(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
