// Hosts that run, as they were read: what ip(8) prints, the files of who manages the network, sysfs, GRUB.
import type { ExecutionContext } from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../../src/common/error.ts';
import type { Disk, Inventory } from '../../../src/host/inventory.ts';
import type { Looking } from '../../../src/firstboot/adopt/system.ts';
import { parseEnvironment } from '../../../src/firstboot/adopt/grub.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

/** An interface as `ip -json -details address show` prints it. */
export interface Link {
  name: string;
  mac: string;
  /** A card; otherwise it is made by the kernel. */
  card?: boolean;
  kind?: string;
  data?: Record<string, unknown>;
  parent?: string;
  master?: string;
  /** Of a card in a bond. */
  permanent?: string;
  mtu?: number;
  /** `192.0.2.10/24`, with ` dynamic` behind it. */
  addresses?: string[];
  wireless?: boolean;
}

export interface RecordedHost {
  links: Link[];
  routes4?: object[];
  routes6?: object[];
  files: Record<string, string>;
  /** Units of systemd that are enabled. */
  enabled?: string[];
  /** What other programs print. */
  programs?: Record<string, string>;
  disks?: Disk[];
}

function addressOf(text: string): object {
  const [own = '', ...flags] = text.split(' ');
  const [local, prefix] = own.split('/');
  const family = own.includes(':') ? 'inet6' : 'inet';
  const dynamic = flags.includes('dynamic') ? { dynamic: true } : {};
  const temporary = flags.includes('temporary') ? { temporary: true } : {};
  const life = flags.length > 0 ? 3000 : 4294967295;
  return {
    ...{ family, local, prefixlen: Number(prefix), ...dynamic, ...temporary },
    ...{ scope: own.startsWith('fe80') ? 'link' : own.startsWith('fec0') ? 'site' : 'global' },
    ...{ valid_life_time: life, preferred_life_time: life },
  };
}

/** What ip prints of all links, the loopback interface first. */
export function printLinks(links: readonly Link[]): string {
  const loopback = { name: 'lo', mac: '00:00:00:00:00:00', addresses: [], mtu: 65536 };
  return JSON.stringify(
    [loopback, ...links].map((link: Link, index) => ({
      ifindex: index + 1,
      ...(link.parent === undefined ? {} : { link: link.parent }),
      ifname: link.name,
      flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
      mtu: link.mtu ?? 1500,
      ...(link.master === undefined ? {} : { master: link.master }),
      operstate: 'UP',
      link_type: link.name === 'lo' ? 'loopback' : 'ether',
      address: link.mac,
      ...(link.permanent === undefined ? {} : { permaddr: link.permanent }),
      ...(link.kind === undefined && link.permanent === undefined
        ? {}
        : {
            linkinfo: {
              ...(link.kind === undefined ? {} : { info_kind: link.kind, info_data: link.data }),
              ...(link.permanent === undefined
                ? {}
                : {
                    info_slave_kind: 'bond',
                    info_slave_data: { state: 'ACTIVE', perm_hwaddr: link.permanent },
                  }),
            },
          }),
      addr_info: (link.addresses ?? []).map(addressOf),
    })),
  );
}

function sysfsOf(links: readonly Link[]): Record<string, string> {
  const files: Record<string, string> = {};
  links.forEach((link, index) => {
    const at = `sys/class/net/${link.name}`;
    files[`${at}/type`] = '1\n';
    files[`${at}/ifindex`] = `${index + 2}\n`;
    files[`${at}/address`] = `${link.mac}\n`;
    files[`${at}/carrier`] = '1\n';
    if (link.permanent !== undefined)
      files[`${at}/bonding_slave/perm_hwaddr`] = `${link.permanent}\n`;
    if (link.wireless === true) files[`${at}/phy80211/`] = '';
    if (link.card !== true) return;
    const device = `devices/pci0000:00/0000:00:0${index + 3}.0`;
    files[`sys/${device}/vendor`] = '0x1af4\n';
    files[`${at}/device`] = `-> ../../../${device}`;
  });
  return files;
}

/** A root directory with all of it, and what looks at it. Programs that were called are in `called`. */
export async function recordHost(
  t: ExecutionContext,
  host: RecordedHost,
): Promise<{ looking: Looking; called: string[]; probe: () => Promise<Inventory> }> {
  const root = await temporaryDirectory(t);
  await writeFiles(root, {
    ...sysfsOf(host.links),
    'proc/1/': '',
    'etc/hostname': 'web1\n',
    'etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
    'etc/localtime': '-> /usr/share/zoneinfo/Europe/Berlin',
    ...host.files,
  });
  // Where the first process has the same root, it is no chroot.
  await writeFiles(root, { 'proc/1/root': '-> ../..' });
  const called: string[] = [];
  const run: Looking['run'] = async (argv) => {
    const text = argv.join(' ');
    called.push(text.replaceAll(root, ''));
    const stdout = await answer(argv, host, root);
    if (stdout === undefined) throw new KronosError('io/command-failed', `${text} failed`);
    return { stdout };
  };
  const interfaces = host.links.flatMap(({ name, mac, permanent, card }) =>
    card === true ? [{ name, mac: permanent ?? mac }] : [],
  );
  const machine = { firmware: 'uefi', memory: 8 * 2 ** 30, cpus: 4, xen: false } as const;
  const probe = (): Promise<Inventory> =>
    Promise.resolve({
      ...{ format: 'kronos-inventory', version: 1, machine },
      ...{ disks: host.disks ?? DISKS, interfaces },
    });
  const kill = (pid: number): void => {
    called.push(`kill ${pid}`);
  };
  return { looking: { root, run, kill }, called, probe };
}

async function answer(
  argv: readonly string[],
  host: RecordedHost,
  root: string,
): Promise<string | undefined> {
  const text = argv.join(' ');
  const known = host.programs?.[text];
  if (known !== undefined) return known;
  if (text === 'ip -json -details address show') return printLinks(host.links);
  if (text === 'ip -json -4 route show') return JSON.stringify(host.routes4 ?? []);
  if (text === 'ip -json -6 route show') return JSON.stringify(host.routes6 ?? []);
  if (text.startsWith('systemctl is-enabled'))
    return host.enabled?.includes(argv.at(-1) ?? '') === true ? 'enabled\n' : undefined;
  if (argv[0] === 'grub-editenv') return editEnvironment(argv);
  if (argv[0] === 'grub-probe') return argv[1] === '--target=fs' ? 'ext2\n' : '\n';
  if (argv[0] === 'systemd-detect-virt' || text.startsWith('nmcli -t')) return undefined;
  if (['systemctl', 'ip', 'ifup', 'netplan', 'nmcli'].includes(argv[0] ?? '')) return '';
  throw new TypeError(`${text}, in ${root}`);
}

/** What the program does, without its block of 1024 bytes. */
async function editEnvironment(argv: readonly string[]): Promise<string> {
  const [, path = '', verb, ...words] = argv;
  const values = parseEnvironment(await readFile(path, 'utf8').catch(() => ''));
  for (const word of words) {
    const at = word.indexOf('=');
    if (verb === 'unset') values.delete(word);
    else values.set(word.slice(0, at), word.slice(at + 1));
  }
  const lines = [...values].map(([key, value]) => `${key}=${value}\n`);
  await writeFile(path, `# GRUB Environment Block\n${lines.join('')}`);
  return '';
}

const DISK = {
  ...{ links: [], logicalSector: 512, physicalSector: 512, transport: 'virtio' as const },
  ...{ rotational: false, removable: false, readOnly: false, contents: [], mounts: [] },
  ...{ holders: [], bootMedium: false },
};

/** The system on vda, and nothing on vdb. */
export const DISKS: Disk[] = [
  {
    ...DISK,
    ...{ name: 'vda', size: 20 * 2 ** 30, serial: 'SYSTEM1', mounts: ['/'] },
    contents: [{ partition: 1, kind: 'filesystem', type: 'ext4' }],
  },
  { ...DISK, name: 'vdb', size: 40 * 2 ** 30, serial: 'SPARE1' },
];

export const ROUTER4 = { dst: 'default', gateway: '192.0.2.1', dev: 'ens3', flags: ['onlink'] };

export async function readHost(
  { looking: { root } }: { looking: Looking },
  path: string,
): Promise<string> {
  return readFile(join(root, path), 'utf8');
}
