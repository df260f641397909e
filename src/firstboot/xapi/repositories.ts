// Storage repositories of a host with xapi: found by what they are on, made only where nothing is.
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { Records } from '../../xenapi/view.ts';

export type Repository = HostFile['storage'][number];

export interface StorageView {
  /** Reference of the own host. */
  host: string;
  SR: Records<{ uuid: string; name_label: string; type: string; shared: boolean }>;
  PBD: Records<{
    host: string;
    SR: string;
    device_config: Readonly<Record<string, string>>;
    currently_attached: boolean;
  }>;
}

/** What is on the devices of a local repository. */
export interface LocalFacts {
  /** Stable paths, which mean the same disks after every start. */
  paths: string[];
  /** Volume group on them, or undefined. */
  group?: string | undefined;
  /** Types of everything else that is found on them, for example `ext4`. */
  holds: string[];
}

/** A repository in the words of XenAPI. */
export interface SrDescription {
  type: string;
  contentType: 'user' | 'iso';
  shared: boolean;
  /** What identifies it: a repository with the same values is this one. */
  place: Record<string, string>;
  /** What is needed besides to make or attach it. Secrets come later, as references. */
  options: Record<string, string>;
}

export type RepositoryChange =
  | { type: 'none'; sr: string }
  | { type: 'plug'; sr: string; pbd: string }
  /** The repository is on the disks, but this database does not know it: a host that was installed again. */
  | { type: 'introduce'; uuid: string; description: SrDescription }
  /** Others of the pool have it already. */
  | { type: 'attach'; sr: string; description: SrDescription }
  | { type: 'create'; description: SrDescription };

/** How xapi's drivers call the volume groups of local repositories. Source: xapi-project/sm 26. */
const GROUPS = { lvm: 'VG_XenStorage-', ext: 'XSLocalEXT-' } as const;

/** A repository of the host file as XenAPI describes it. `local`: only for lvm and ext. */
export function describeRepository(repository: Repository, local?: LocalFacts): SrDescription {
  const user = { contentType: 'user' as const };
  switch (repository.type) {
    case 'lvm':
    case 'ext':
      return {
        ...user,
        ...{ type: repository.type, shared: false, options: {} },
        place: { device: (local?.paths ?? []).join(',') },
      };
    case 'nfs':
      return {
        ...user,
        ...{ type: 'nfs', shared: repository.shared },
        place: { server: repository.server, serverpath: repository.path },
        options: repository.version === undefined ? {} : { nfsversion: repository.version },
      };
    case 'smb':
      return {
        ...user,
        ...{ type: 'smb', shared: repository.shared },
        place: { server: `\\\\${repository.server}\\${repository.share}` },
        options: repository.user === undefined ? {} : { username: repository.user },
      };
    case 'iscsi': {
      const [first] = repository.targets;
      return {
        ...user,
        ...{ type: 'lvmoiscsi', shared: true },
        place: {
          target: repository.targets.map(({ address }) => address).join(','),
          targetIQN: repository.iqn,
          ...(repository.scsiId === undefined ? {} : { SCSIid: repository.scsiId }),
        },
        options: {
          port: String(first?.port ?? 3260),
          ...(repository.chap === undefined ? {} : { chapuser: repository.chap.user }),
          ...(repository.multipath ? { multihomed: 'true' } : {}),
        },
      };
    }
    case 'iso':
      return describeLibrary(repository);
  }
}

function describeLibrary(library: Extract<Repository, { type: 'iso' }>): SrDescription {
  const { location, user } = library;
  const base = { type: 'iso', contentType: 'iso' as const, shared: true };
  if (location.startsWith('//')) {
    const login = user === undefined ? {} : { username: user };
    return { ...base, place: { location }, options: { type: 'cifs', ...login } };
  }
  if (location.startsWith('/')) {
    return { ...base, shared: false, place: { location }, options: { legacy_mode: 'true' } };
  }
  return { ...base, place: { location }, options: { type: 'nfs_iso' } };
}

/**
 * What has to be done for a repository. Errors: `host/storage-not-empty` where the disks hold anything that is not it.
 */
export function planRepository(
  repository: Repository,
  view: StorageView,
  local?: LocalFacts,
): RepositoryChange {
  const description = describeRepository(repository, local);
  const same = Object.entries(view.PBD).filter(
    ([, pbd]) =>
      view.SR[pbd.SR]?.type === description.type &&
      Object.entries(description.place).every(([key, value]) => pbd.device_config[key] === value),
  );
  const own = same.find(([, pbd]) => pbd.host === view.host);
  if (own !== undefined) {
    const [pbd, { SR: sr, currently_attached: attached }] = own;
    return attached ? { type: 'none', sr } : { type: 'plug', sr, pbd };
  }
  if (repository.type === 'lvm' || repository.type === 'ext') {
    return planLocal(repository, description, local);
  }
  const [others] = same;
  if (others !== undefined && description.shared) {
    return { type: 'attach', sr: others[1].SR, description };
  }
  return { type: 'create', description };
}

function planLocal(
  { name, type }: Extract<Repository, { type: 'lvm' | 'ext' }>,
  description: SrDescription,
  local: LocalFacts = { paths: [], holds: [] },
): RepositoryChange {
  const uuid = local.group?.startsWith(GROUPS[type])
    ? local.group.slice(GROUPS[type].length)
    : undefined;
  if (uuid !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) {
    return { type: 'introduce', uuid, description };
  }
  if (local.group === undefined && local.holds.length === 0) {
    return { type: 'create', description };
  }
  const what =
    local.group === undefined ? local.holds.join(', ') : `the volume group ${local.group}`;
  throw new KronosError(
    'host/storage-not-empty',
    `${local.paths.join(', ')} hold ${what}; the storage repository ${name} needs them empty`,
    { hint: 'save what is on them and erase it with wipefs --all, then: kronos-firstboot apply' },
  );
}

/** A volume that an iSCSI target offers. */
export interface Lun {
  id: number;
  scsiId: string;
}

/**
 * The volumes in what SR.probe refuses with (SR_BACKEND_FAILURE_107: XML). Source: xapi-project/sm 26, LUNs as
 * `<LUN><LUNid>0</LUNid>...<SCSIid>3600...</SCSIid></LUN>`.
 */
export function parseLuns(xml: string): Lun[] {
  return [...xml.matchAll(/<LUN>([\s\S]*?)<\/LUN>/g)].flatMap(([, inside = '']) => {
    const id = /<LUNid>\s*(\d+)\s*<\/LUNid>/.exec(inside)?.[1];
    const scsiId = /<SCSIid>\s*(\S+?)\s*<\/SCSIid>/.exec(inside)?.[1];
    return id === undefined || scsiId === undefined ? [] : [{ id: Number(id), scsiId }];
  });
}

/** The volume that the host file means. Errors: `host/no-such-lun` with those that there are. */
export function chooseLun(
  { name, lun }: Extract<Repository, { type: 'iscsi' }>,
  luns: readonly Lun[],
): string {
  const [first, ...more] = lun === undefined ? luns : luns.filter(({ id }) => id === lun);
  if (first !== undefined && more.length === 0) return first.scsiId;
  const there = luns.map(({ id, scsiId }) => `${id} (${scsiId})`).join(', ');
  throw new KronosError(
    'host/no-such-lun',
    `the target of the storage repository ${name} offers ${there === '' ? 'no volume' : `the volumes ${there}`}`,
    { hint: 'name one of them by lun or scsiId in the host file' },
  );
}
