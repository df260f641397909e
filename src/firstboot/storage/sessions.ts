// Sessions with iSCSI targets: made by iscsiadm, looked at in sysfs.
import { chmod, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError } from '../../common/error.ts';
import { exists, writeFileAtomic } from '../../common/files.ts';
import { CommandError, run } from '../../common/process.ts';
import {
  chooseVolume,
  loginCommand,
  portalsOf,
  recordCommands,
  withPassword,
  type IscsiRepository,
  type SessionDisk,
} from './iscsi.ts';

/** Where iscsiadm keeps its records, by version. */
const RECORDS = ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes'];

const SESSIONS = '/sys/class/iscsi_session';

/** Seconds until the disks of a new session are there. */
const DISK_PATIENCE = 30;

/** What iscsiadm ends with where there is a session already. Source: iscsiadm(8). */
const SESSION_EXISTS = 15;

/**
 * The device of a repository's volume, or undefined where there is no session with it (more of its ways may be missing).
 * Errors: `host/iscsi-volume`, those of node:fs.
 */
export async function findVolume(repository: IscsiRepository): Promise<string | undefined> {
  const disks = await readSessionDisks();
  if (!disks.some(({ target }) => target === repository.iqn)) return undefined;
  const chosen = chooseVolume(repository, disks);
  if (repository.multipath && chosen.length < repository.targets.length) return undefined;
  return deviceOf(repository, chosen);
}

/** Logs in where there is no session. Errors: `io/iscsi-login`, `host/iscsi-volume`, those of programs. */
export async function openVolume(repository: IscsiRepository, password?: string): Promise<string> {
  for (const portal of portalsOf(repository)) await login(repository, portal, password);
  const deadline = Date.now() + DISK_PATIENCE * 1000;
  for (;;) {
    await run(['udevadm', 'settle', '--timeout=10'], { accept: [0, 1] });
    try {
      const chosen = chooseVolume(repository, await readSessionDisks());
      if (repository.multipath) await joinWays(chosen);
      const device = await deviceOf(repository, chosen);
      if (device !== undefined) return device;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(1000);
  }
}

async function login(
  repository: IscsiRepository,
  portal: string,
  password: string | undefined,
): Promise<void> {
  for (const command of recordCommands(repository, portal)) await run(command);
  if (password !== undefined) await writePassword(repository, portal, password);
  try {
    await run(loginCommand(repository, portal), { accept: [0, SESSION_EXISTS] });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new KronosError('io/iscsi-login', `no login at ${repository.iqn} on ${portal}`, {
      hint: 'look at the address, at chap in the host file, and whether the target knows the name in /etc/iscsi/initiatorname.iscsi',
      cause: error,
    });
  }
}

async function writePassword(
  { iqn }: IscsiRepository,
  portal: string,
  password: string,
): Promise<void> {
  const address = portal.replace(/:(\d+)$/, ',$1').replaceAll(/[[\]]/g, '');
  for (const records of RECORDS) {
    const target = join(records, iqn);
    if (!(await exists(target))) continue;
    const all = await readdir(target, { recursive: true, withFileTypes: true });
    for (const entry of all) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !path.slice(target.length + 1).startsWith(address)) continue;
      await writeFileAtomic(path, withPassword(await readFile(path, 'utf8'), password), 0o600);
    }
    await chmod(target, 0o700);
  }
}

async function readSessionDisks(): Promise<SessionDisk[]> {
  const ids = await readIds();
  const found: SessionDisk[] = [];
  for (const session of await listing(SESSIONS)) {
    const target = (await readFile(join(SESSIONS, session, 'targetname'), 'utf8')).trim();
    const device = join(SESSIONS, session, 'device');
    for (const one of await listing(device)) {
      if (!one.startsWith('target')) continue;
      for (const unit of await listing(join(device, one))) {
        const lun = /^\d+:\d+:\d+:(\d+)$/.exec(unit)?.[1];
        if (lun === undefined) continue;
        for (const name of await listing(join(device, one, unit, 'block')))
          found.push({ target, lun: Number(lun), name, ids: ids.get(name) ?? [] });
      }
    }
  }
  return found;
}

async function readIds(): Promise<Map<string, string[]>> {
  const directory = '/dev/disk/by-id';
  const ids = new Map<string, string[]>();
  for (const id of await listing(directory)) {
    const name = basename(await readlink(join(directory, id)));
    ids.set(name, [...(ids.get(name) ?? []), id]);
  }
  return ids;
}

/** Nothing there is an empty directory. */
async function listing(path: string): Promise<string[]> {
  return (await exists(path)) ? (await readdir(path)).sort() : [];
}

/** Several ways are one device; multipathd takes only disks that it was told of. */
async function joinWays(disks: readonly SessionDisk[]): Promise<void> {
  for (const { name } of disks) await run(['multipath', '-a', `/dev/${name}`]);
  await run(['multipathd', 'reconfigure']);
}

async function deviceOf(
  { multipath }: IscsiRepository,
  [first]: readonly SessionDisk[],
): Promise<string | undefined> {
  if (first === undefined) return undefined;
  if (!multipath) return `/dev/${first.name}`;
  for (const holder of await listing(`/sys/block/${first.name}/holders`)) {
    const name = (await readFile(`/sys/block/${holder}/dm/name`, 'utf8')).trim();
    if (await exists(`/dev/mapper/${name}`)) return `/dev/mapper/${name}`;
  }
  return undefined;
}
