// Directories of storage repositories, mounted by units of systemd.
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';

type Repository = HostFile['storage'][number];

/** What is mounted where. */
export interface Mount {
  /** Name of the unit, as systemd derives it from `where`. */
  unit: string;
  where: string;
  what: string;
  type: string;
  options: string[];
}

/** Below it every repository that is a directory has one of its name. */
export const REPOSITORIES = '/srv/xen';

/** Logical volume of an `ext` repository. */
export const FILES_VOLUME = 'files';

/**
 * The name of the unit that mounts REPOSITORIES/NAME. Names hold small letters, digits, `-` and `_` only, of which
 * systemd escapes the hyphen. Source: systemd-escape(1).
 */
export function unitName(repository: string): string {
  return `srv-xen-${repository.replaceAll('-', String.raw`\x2d`)}.mount`;
}

/** How a repository is mounted; undefined for those that are no directory. `group`: volume group of an ext repository. */
export function planMount(repository: Repository, group?: string): Mount | undefined {
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
    case 'iso':
      return libraryMount(repository, mount);
    default:
      return undefined;
  }
}

function libraryMount(
  { location, name }: Extract<Repository, { type: 'iso' }>,
  mount: (type: string, what: string, options: string[]) => Mount,
): Mount {
  if (location.startsWith('/') && !location.startsWith('//'))
    return mount('none', location, ['bind', 'ro']);
  if (/^[^/:]+:\//.test(location) || /^\[[^\]]+\]:\//.test(location))
    return mount('nfs', location, ['ro', 'soft', 'noatime', '_netdev']);
  throw new KronosError(
    'input/unsupported-repository',
    `the library ${name} is at ${location}, which this version cannot mount`,
    {
      hint: 'server:/path (NFS) or a directory of the host',
    },
  );
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
    `What=${what}`,
    `Where=${where}`,
    `Type=${type}`,
    `Options=${options.join(',')}`,
    '',
    '[Install]',
    `WantedBy=${remote ? 'remote-fs.target' : 'local-fs.target'}`,
    '',
  ].join('\n');
}
