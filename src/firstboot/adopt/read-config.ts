// Reads what the managers of a network have on the disk and in /run. Reads only.
import { readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextOrUndefined } from '../../common/files.ts';
import { list } from '../../host/probe/sysfs.ts';
import { globOf, type ConfigFile } from './configured.ts';
import { sourcesOf } from './ifupdown.ts';

/** All files that say how the network is to be; `root` for tests. */
export interface ConfigFiles {
  ifupdown: ConfigFile[];
  networkd: ConfigFile[];
  netplan: ConfigFile[];
  keyfiles: ConfigFile[];
}

const IFUPDOWN = '/etc/network/interfaces';

/** The first directory with a name hides the others. */
const NETWORKD = ['/etc/systemd/network', '/run/systemd/network', '/usr/lib/systemd/network'];
const NETPLAN = ['/run/netplan', '/etc/netplan', '/usr/lib/netplan'];
const KEYFILES = [
  '/etc/NetworkManager/system-connections',
  '/run/NetworkManager/system-connections',
  '/usr/lib/NetworkManager/system-connections',
];

/** Errors: those of node:fs. */
export async function readConfigFiles(root: string): Promise<ConfigFiles> {
  const isNetworkd = (name: string): boolean => /\.(?:network|netdev)$/.test(name);
  return {
    ifupdown: await readIfupdown(root),
    networkd: await readAll(root, NETWORKD, isNetworkd),
    netplan: await readAll(root, NETPLAN, (name) => name.endsWith('.yaml')),
    keyfiles: await readAll(root, KEYFILES, (name) => !name.startsWith('.')),
  };
}

/** Files of the first directory that has a name, in the order of their names. */
async function readAll(
  root: string,
  directories: readonly string[],
  isMeant: (name: string) => boolean,
): Promise<ConfigFile[]> {
  const found = new Map<string, ConfigFile>();
  for (const directory of directories) {
    for (const name of await list(join(root, directory))) {
      if (!isMeant(name) || found.has(name)) continue;
      const path = join(directory, name);
      // A link to /dev/null takes a file away.
      const text = await readTextOrUndefined(join(root, path)).catch(() => undefined);
      if (text !== undefined) found.set(name, { path, text });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** The main file and those that it names, each once. */
async function readIfupdown(root: string): Promise<ConfigFile[]> {
  const files: ConfigFile[] = [];
  const visit = async (path: string): Promise<void> => {
    if (files.some((file) => file.path === path)) return;
    const text = await readTextOrUndefined(join(root, path)).catch(() => undefined);
    if (text === undefined) return;
    const file = { path, text };
    files.push(file);
    for (const { pattern, isDirectory } of sourcesOf(file))
      for (const next of await expand(root, dirname(path), pattern, isDirectory)) await visit(next);
  };
  await visit(IFUPDOWN);
  return files;
}

/** Paths behind a pattern; relative ones begin beside the file. */
async function expand(
  root: string,
  beside: string,
  pattern: string,
  isDirectory: boolean,
): Promise<string[]> {
  const full = pattern.startsWith('/') ? pattern : join(beside, pattern);
  if (isDirectory) {
    const names = await list(join(root, full));
    return names.filter((name) => /^[\w-]+$/.test(name)).map((name) => join(full, name));
  }
  if (!/[*?]/.test(full)) return [full];
  const fits = globOf(basename(full));
  const names = await list(join(root, dirname(full)));
  return names
    .filter((name) => !name.startsWith('.') && fits.test(name))
    .map((name) => join(dirname(full), name));
}

/** Name servers and search domains of the resolver; those behind a resolver on the host itself where there is one. */
export async function readResolver(root: string): Promise<{ dns: string[]; search: string[] }> {
  for (const path of ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf']) {
    const found = parseResolver((await readTextOrUndefined(join(root, path))) ?? '');
    if (found.dns.length > 0) return found;
  }
  return { dns: [], search: [] };
}

/** Loopback addresses are left out: who listens there has its own settings. */
export function parseResolver(text: string): { dns: string[]; search: string[] } {
  const words = (key: string): string[] =>
    text.split('\n').flatMap((line) => {
      const [first, ...rest] = line.trim().split(/\s+/);
      return first === key ? rest : [];
    });
  return {
    dns: words('nameserver').filter((one) => !/^127\.|^::1$|%/.test(one)),
    search: [...words('search'), ...words('domain')].filter((one) => one !== '.'),
  };
}

/** The time zone and where it was found. */
export async function readTimeZone(
  root: string,
): Promise<{ value: string; source: string } | undefined> {
  const link = await readlink(join(root, '/etc/localtime')).catch(() => '');
  const zone = /zoneinfo\/(?:posix\/)?(.+)$/.exec(link)?.[1];
  if (zone !== undefined) return { value: zone, source: 'From /etc/localtime.' };
  const text = (await readFile(join(root, '/etc/timezone'), 'utf8').catch(() => '')).trim();
  return text === '' ? undefined : { value: text, source: 'From /etc/timezone.' };
}
