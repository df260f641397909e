// Directories of storage repositories, mounted by units of systemd.
import type { HostFile } from '../../host/schema/host-file.ts';

/** Those that are directories. */
type Repository = Exclude<HostFile['storage'][number], { type: 'lvm' | 'iscsi' }>;

/** What is mounted where. */
export interface Mount {
  /** Name of the unit, as systemd derives it from `where`. */
  unit: string;
  where: string;
  what: string;
  type: string;
  options: string[];
  /** Who logs in at an SMB server: a file beside the unit, which everybody may read. */
  login?: { file: string; user: string } | undefined;
}

/** Below it every repository that is a directory has one of its name. */
export const REPOSITORIES = '/srv/xen';

/** Logins of SMB servers, for root only, by repository. */
const LOGINS = '/etc/kronos/logins';

/** Logical volume of an `ext` repository. */
export const FILES_VOLUME = 'files';

/**
 * The name of the unit that mounts REPOSITORIES/NAME. Names hold small letters, digits, `-` and `_` only, of which
 * systemd escapes the hyphen. Source: systemd-escape(1).
 */
export function unitName(repository: string): string {
  return `srv-xen-${repository.replaceAll('-', String.raw`\x2d`)}.mount`;
}

/** How a repository is mounted. `group`: volume group of an ext repository. */
export function planMount(repository: Repository, group?: string): Mount {
  const { name } = repository;
  const mount = (type: string, what: string, options: string[]): Mount => ({
    ...{ unit: unitName(name), where: `${REPOSITORIES}/${name}`, what, type, options },
  });
  switch (repository.type) {
    case 'ext':
      return mount('ext4', `/dev/${group ?? ''}/${FILES_VOLUME}`, ['noatime']);
    case 'nfs': {
      const { server, path, version } = repository;
      const host = server.includes(':') ? `[${server}]` : server;
      return mount('nfs', `${host}:${path}`, [
        ...(version === undefined ? [] : [`vers=${version}`]),
        // What runs on it must wait for a server that is away, not lose what it wrote.
        ...['hard', 'noatime', '_netdev'],
      ]);
    }
    case 'smb':
      return smbMount(repository, `//${repository.server}/${repository.share}`, [], mount);
    case 'iso':
      return libraryMount(repository, mount);
  }
}

type MakeMount = (type: string, what: string, options: string[]) => Mount;

function smbMount(
  { name, user }: { name: string; user?: string | undefined },
  what: string,
  options: readonly string[],
  mount: MakeMount,
): Mount {
  const remote = [...options, 'noatime', '_netdev'];
  if (user === undefined) return mount('cifs', what, ['guest', ...remote]);
  const file = `${LOGINS}/${name}`;
  return { ...mount('cifs', what, [`credentials=${file}`, ...remote]), login: { file, user } };
}

function libraryMount(library: Extract<Repository, { type: 'iso' }>, mount: MakeMount): Mount {
  const { location } = library;
  if (location.startsWith('//')) return smbMount(library, location, ['ro'], mount);
  if (location.startsWith('/')) return mount('none', location, ['bind', 'ro']);
  return mount('nfs', location, ['ro', 'soft', 'noatime', '_netdev']);
}

/** What mount.cifs(8) reads; a password may hold anything but a line end. */
export function loginText(user: string, password: string): string {
  return `username=${user}\npassword=${password}\n`;
}

/** The unit file. */
export function mountUnit({ what, where, type, options }: Mount): string {
  const remote = options.includes('_netdev');
  return [
    '# Made by kronos-firstboot from /etc/kronos/host.yaml.',
    '[Unit]',
    `Description=Storage repository ${where.slice(REPOSITORIES.length + 1)}`,
    ...(remote ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    '',
    '[Mount]',
    // Systemd would put something in the place of what follows a per cent sign.
    `What=${what.replaceAll('%', '%%')}`,
    `Where=${where}`,
    `Type=${type}`,
    `Options=${options.join(',')}`,
    '',
    '[Install]',
    `WantedBy=${remote ? 'remote-fs.target' : 'local-fs.target'}`,
    '',
  ].join('\n');
}
