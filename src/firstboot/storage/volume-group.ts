// LVM volume groups of storage repositories: known by a tag on the disks, never by a name alone.
import { KronosError } from '../../common/error.ts';
import { run } from '../../common/process.ts';
import { parseWipefs, WIPEFS_COLUMNS } from '../../host/probe/signatures.ts';

/** A physical volume as LVM tells it. */
export interface PhysicalVolume {
  device: string;
  group: string;
  tags: string[];
}

/** What is on a device: the types that wipefs finds, for example `ext4`, `LVM2_member`, `gpt`. */
export type Signatures = ReadonlyMap<string, readonly string[]>;

/** What has to be done for a volume group. */
export interface GroupPlan {
  group: string;
  action: 'none' | 'create' | 'extend';
  devices: string[];
}

const TAG = 'kronos.repository=';

export function tagOf(repository: string): string {
  return `${TAG}${repository}`;
}

/** The name that a new group gets. */
export function groupName(repository: string): string {
  return `VG_XenStorage-${repository}`;
}

/**
 * What to do so that `devices` are the group of a repository. Only devices on which nothing at all is found are written to.
 * Errors: `host/storage-not-empty`, `host/volume-group-taken`.
 */
export function planGroup(
  repository: string,
  devices: readonly string[],
  volumes: readonly PhysicalVolume[],
  signatures: Signatures,
): GroupPlan {
  const own = volumes.find(({ tags }) => tags.includes(tagOf(repository)));
  const inOwn = (device: string): boolean =>
    own !== undefined && volumes.some((one) => one.device === device && one.group === own.group);
  const fresh = devices.filter((device) => !inOwn(device));
  for (const device of fresh) requireEmpty(repository, device, volumes, signatures);
  if (own !== undefined) {
    return { group: own.group, action: fresh.length === 0 ? 'none' : 'extend', devices: fresh };
  }
  const group = groupName(repository);
  const other = volumes.find((one) => one.group === group);
  if (other !== undefined) {
    throw new KronosError(
      'host/volume-group-taken',
      `a volume group ${group} is on ${other.device} already, and is not that of the repository`,
      {
        hint: 'rename it (vgrename), remove the disk, or call the storage repository something else',
      },
    );
  }
  return { group, action: 'create', devices: fresh };
}

function requireEmpty(
  repository: string,
  device: string,
  volumes: readonly PhysicalVolume[],
  signatures: Signatures,
): void {
  const group = volumes.find((one) => one.device === device)?.group ?? '';
  const found = signatures.get(device) ?? [];
  if (found.length === 0) return;
  const what = group === '' ? found.join(', ') : `the volume group ${group}`;
  throw new KronosError(
    'host/storage-not-empty',
    `${device} holds ${what}; the storage repository ${repository} needs it empty`,
    {
      hint: `save what is on it, then: wipefs --all ${device} and kronos-firstboot apply`,
    },
  );
}

/** The commands that carry out a plan. `fixed`: for tests; LVM draws its identifiers itself. */
export function groupCommands(plan: GroupPlan, repository: string): string[][] {
  const quiet = ['--quiet', '--yes'];
  if (plan.action === 'none') return [];
  if (plan.action === 'extend') return [['vgextend', ...quiet, plan.group, ...plan.devices]];
  // The tag is written together with the group: a cut leaves both or neither.
  return [['vgcreate', ...quiet, '--addtag', tagOf(repository), plan.group, ...plan.devices]];
}

/** Errors: those of pvs; `io/unexpected-output`. */
export async function readVolumes(): Promise<PhysicalVolume[]> {
  const columns = 'pv_name,vg_name,vg_tags';
  const { stdout } = await run(['pvs', '--reportformat', 'json', '--options', columns]);
  return parseVolumes(stdout);
}

interface Report {
  report: { pv: { pv_name: string; vg_name: string; vg_tags: string }[] }[];
}

export function parseVolumes(text: string): PhysicalVolume[] {
  try {
    const { report } = JSON.parse(text) as Report;
    return report.flatMap(({ pv }) =>
      pv.map(({ pv_name, vg_name, vg_tags }) => ({
        ...{ device: pv_name, group: vg_name },
        tags: vg_tags.split(',').filter((tag) => tag !== ''),
      })),
    );
  } catch (error) {
    throw new KronosError('io/unexpected-output', 'pvs printed something else than a report', {
      cause: error,
    });
  }
}

/** Errors: those of wipefs and parseWipefs. */
export async function readSignatures(devices: readonly string[]): Promise<Signatures> {
  const columns = WIPEFS_COLUMNS.join(',');
  const found = await Promise.all(
    devices.map(async (device) => {
      const { stdout } = await run(['wipefs', '--json', '--output', columns, device]);
      return [device, parseWipefs(stdout).map(({ type }) => type)] as const;
    }),
  );
  return new Map(found);
}
