// Storage repositories of the toolstack xl: volume groups and mounted directories.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { BootContext, BootStep } from '../context.ts';
import { isActive } from '../units.ts';
import { findDevices } from './devices.ts';
import type { IscsiRepository } from './iscsi.ts';
import { FILES_VOLUME, loginText, mountUnit, planMount, type Mount } from './mount.ts';
import { findVolume, openVolume } from './sessions.ts';
import {
  groupCommands,
  planGroup,
  readSignatures,
  readVolumes,
  type GroupPlan,
} from './volume-group.ts';

type Repository = HostFile['storage'][number];
type Local = Extract<Repository, { type: 'lvm' | 'ext' }>;

const UNITS = '/etc/systemd/system';

/** Marks a volume on which a file system was made to its end. */
const FORMATTED = 'kronos.formatted';

/** One step for each repository, in the order of the host file. */
export function storageSteps({ storage }: HostFile): BootStep[] {
  return storage.map((repository) => {
    const { name, type } = repository;
    const base = {
      name: `storage-${name}`,
      title: `Storage repository ${name} (${type})`,
      weight: 2,
    };
    if (type === 'lvm' || type === 'ext') return { ...base, ...localWork(repository) };
    if (type === 'iscsi') return { ...base, needs: ['network'], ...iscsiWork(repository) };
    return { ...base, needs: ['network'], ...remoteWork(repository) };
  });
}

type Work = Pick<BootStep, 'probe' | 'apply'>;

function localWork(repository: Local): Work {
  return {
    probe: async (context) => {
      const { action, group } = await planLocal(repository, context);
      if (action !== 'none') return false;
      if (repository.type === 'lvm') return true;
      return (await isFormatted(group)) && isMountedBy(planMount(repository, group));
    },
    apply: async (context, { note }) => {
      const plan = await planLocal(repository, context);
      for (const command of groupCommands(plan, repository.name)) await run(command);
      if (repository.type === 'lvm') return;
      if (!(await isFormatted(plan.group))) {
        note('making the file system');
        await makeFileSystem(plan.group);
      }
      await mount(planMount(repository, plan.group));
    },
  };
}

/** A volume group on the volume of a target. Hosts that share it must not change its volumes at the same time. */
function iscsiWork(repository: IscsiRepository): Work {
  const planOn = async (device: string): Promise<GroupPlan> =>
    planGroup(repository.name, [device], await readVolumes(), await readSignatures([device]));
  return {
    probe: async () => {
      const device = await findVolume(repository);
      return device !== undefined && (await planOn(device)).action === 'none';
    },
    apply: async ({ secrets }) => {
      const device = await openVolume(repository, secrets.storage[repository.name]);
      for (const command of groupCommands(await planOn(device), repository.name))
        await run(command);
    },
  };
}

function remoteWork(repository: Exclude<Repository, Local | IscsiRepository>): Work {
  const plan = (): Mount => planMount(repository);
  const login = ({ secrets }: BootContext): string =>
    loginText(plan().login?.user ?? '', secrets.storage[repository.name] ?? '');
  return {
    probe: async (context) => {
      const { login: wanted } = plan();
      const known = wanted === undefined ? undefined : await readTextOrUndefined(wanted.file);
      if (wanted !== undefined && known !== login(context)) return false;
      return isMountedBy(plan());
    },
    apply: async (context) => {
      const { login: wanted } = plan();
      if (wanted !== undefined) {
        await mkdir(dirname(wanted.file), { recursive: true, mode: 0o700 });
        await writeFileAtomic(wanted.file, login(context), 0o600);
      }
      await mount(plan());
    },
  };
}

async function planLocal(repository: Local, context: BootContext): Promise<GroupPlan> {
  const { installed, readDisks } = context;
  const devices = await findDevices(repository.disks, installed, await readDisks());
  return planGroup(repository.name, devices, await readVolumes(), await readSignatures(devices));
}

interface VolumeReport {
  report: { lv: { lv_name: string; lv_tags: string }[] }[];
}

async function readFilesVolume(group: string): Promise<{ formatted: boolean } | undefined> {
  const { stdout } = await run([
    ...['lvs', '--reportformat', 'json', '--options', 'lv_name,lv_tags', group],
  ]);
  const { report } = JSON.parse(stdout) as VolumeReport;
  const found = report.flatMap(({ lv }) => lv).find(({ lv_name }) => lv_name === FILES_VOLUME);
  return found && { formatted: found.lv_tags.split(',').includes(FORMATTED) };
}

async function isFormatted(group: string): Promise<boolean> {
  return (await readFilesVolume(group))?.formatted === true;
}

/** A file system of which a cut left half is made again: nothing can be on it before the mark is. */
async function makeFileSystem(group: string): Promise<void> {
  const volume = `${group}/${FILES_VOLUME}`;
  if ((await readFilesVolume(group)) === undefined) {
    const where = ['--extents', '100%FREE', '--name', FILES_VOLUME, group];
    await run(['lvcreate', '--quiet', '--yes', '--wipesignatures', 'y', ...where]);
  }
  await run(['mkfs.ext4', '-F', '-q', '-m', '0', `/dev/${volume}`]);
  await run(['lvchange', '--quiet', '--addtag', FORMATTED, volume]);
}

async function isMountedBy(wanted: Mount): Promise<boolean> {
  if ((await readTextOrUndefined(join(UNITS, wanted.unit))) !== mountUnit(wanted)) return false;
  return isActive(wanted.unit);
}

async function mount(wanted: Mount): Promise<void> {
  await mkdir(wanted.where, { recursive: true });
  await writeFileAtomic(join(UNITS, wanted.unit), mountUnit(wanted));
  await run(['systemctl', 'daemon-reload']);
  await run(['systemctl', 'enable', '--quiet', '--now', wanted.unit]);
}
