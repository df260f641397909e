// From an image to one host: identity, accounts, files, and what lives on the state partition.
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exists, statOrUndefined } from '../../common/files.ts';
import { finishAll } from '../../common/finish-all.ts';
import { run } from '../../common/process.ts';
import { CARRIED_SECRETS } from '../../host/carried-secrets.ts';
import { formatHostFile } from '../../host/format.ts';
import { redactHostFile } from '../../host/secret.ts';
import type { Step } from '../../steps/run.ts';
import { CARRIED_HOOKS } from '../hooks.ts';
import { digestPlan } from '../plan/plan.ts';
import { deviceOf, hasRole, isFresh, type InstallContext } from './context.ts';
import { fileSystemTable, hostTexts, STATE_MOUNT } from './files.ts';

export const stateStep: Step<InstallContext> = {
  name: 'state',
  title: 'Copying state to its own partition',
  weight: 2,
  apply: async (context) => {
    const { plan, image, target } = context;
    const mount = join(target, STATE_MOUNT);
    await mkdir(mount, { recursive: true });
    await run(['mount', '-t', 'ext4', deviceOf(plan, 'state'), mount]);
    const paths = await stateDirectories(target, image.state);
    // One run for all of them: starting programs is what would take the time.
    const copy = (options: readonly string[], what: readonly string[]) =>
      run(
        [
          'cp',
          '--archive',
          '--parents',
          ...options,
          '--',
          ...what.map((path) => `.${path}`),
          mount,
        ],
        { cwd: target },
      );
    if (isFresh(context)) {
      await copy([], paths);
      await writeSecrets(context, mount);
      return;
    }
    await copy(['--no-clobber'], paths);
    for (const path of [CARRIED_HOOKS, CARRIED_SECRETS])
      await rm(join(mount, path), { recursive: true, force: true });
    // What the host file says holds, whatever was there.
    await copy(['--remove-destination'], await statedFiles(context));
    await writeSecrets(context, mount);
  },
};

/** Only where first boot finds and erases them: in the slot they would lie below the mount for ever. */
async function writeSecrets({ carried }: InstallContext, mount: string): Promise<void> {
  if (carried === undefined) return;
  await writeOn(mount, CARRIED_SECRETS, `${JSON.stringify(carried)}\n`, 0o600);
}

/** Files on the state partition that come from the host file. */
async function statedFiles({ hostFile, target }: InstallContext): Promise<string[]> {
  const homes = ['/root', ...hostFile.users.map(({ name }) => `/home/${name}`)];
  const files = [
    ...['host.yaml', 'installed.json'].map((name) => `/etc/kronos/${name}`),
    CARRIED_HOOKS,
    ...homes.map((home) => `${home}/.ssh/authorized_keys`),
  ];
  const there = await Promise.all(files.map((path) => exists(join(target, path))));
  return files.filter((_path, index) => there[index] === true);
}

/** Declared paths that are directories of this image; single files stay in the slot and are carried over by updates. */
async function stateDirectories(target: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await statOrUndefined(join(target, path)))?.isDirectory() === true) found.push(path);
  }
  return found;
}

export const configureStep: Step<InstallContext> = {
  name: 'configure',
  title: 'Making it this host',
  weight: 3,
  apply: async (context) => {
    const { plan, image, hostFile, target, ids } = context;
    for (const { path, text, mode } of hostTexts(hostFile, plan))
      await writeOn(target, path, text, mode);
    await linkTimeZone(target, hostFile.timezone);
    await mkdir(join(target, 'etc/kronos'), { recursive: true });
    const state = await stateDirectories(target, image.state);
    const table = fileSystemTable(ids, state, hasRole(plan, 'swap'));
    await writeOn(target, '/etc/fstab', table);
    await writeOn(target, '/etc/machine-id', `${ids.machineId}\n`, 0o444);
    const yaml = formatHostFile(redactHostFile(hostFile), 'Without its secrets.');
    await writeOn(target, '/etc/kronos/host.yaml', yaml, 0o600);
    const record = {
      format: 'kronos-installed',
      version: image.version,
      edition: image.edition,
      slot: 'a',
      plan: digestPlan(plan),
      disks: plan,
    };
    await writeOn(
      target,
      '/etc/kronos/installed.json',
      `${JSON.stringify(record, undefined, 2)}\n`,
    );
    await finishAll([
      makeAccounts(context),
      run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', hostKey(target)]),
      enableUnits(target),
    ]);
  },
};

/** The others are made at the first start; this one is known, and reported, before. */
function hostKey(target: string): string {
  return join(target, 'etc/ssh/ssh_host_ed25519_key');
}

async function linkTimeZone(target: string, zone: string): Promise<void> {
  await rm(join(target, 'etc/localtime'), { force: true });
  await symlink(`/usr/share/zoneinfo/${zone}`, join(target, 'etc/localtime'));
}

/** The management network needs networkd, which the image leaves off. */
async function enableUnits(target: string): Promise<void> {
  await run(['systemctl', '--root', target, '--quiet', 'enable', 'systemd-networkd.service']);
}

async function makeAccounts(context: InstallContext): Promise<void> {
  const { hostFile, target, passwords } = context;
  for (const user of hostFile.users) {
    const groups = [...user.groups, ...(user.sudo ? ['sudo'] : [])];
    await run([
      ...['useradd', '--root', target, '--create-home', '--shell', '/bin/bash'],
      ...(groups.length === 0 ? [] : ['--groups', groups.join(',')]),
      user.name,
    ]);
    await writeKeys(target, `/home/${user.name}`, user.sshKeys);
  }
  await writeKeys(target, '/root', hostFile.root.sshKeys);
  const lines = [...passwords].map(([name, hash]) => `${name}:${hash}\n`).join('');
  // Through standard input: arguments are seen by everybody.
  if (lines !== '') await run(['chpasswd', '--encrypted', '--root', target], { input: lines });
}

async function writeKeys(target: string, home: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const directory = join(target, home, '.ssh');
  const { uid, gid } = await stat(join(target, home));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'authorized_keys');
  await writeFile(path, keys.map((key) => `${key}\n`).join(''), { mode: 0o600 });
  for (const one of [directory, path]) await chown(one, uid, gid);
}

async function writeOn(target: string, path: string, text: string, mode = 0o644): Promise<void> {
  const full = join(target, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text, { mode });
  await chmod(full, mode);
}

/** New identities; nothing of an image or of an earlier installation is in them. */
export function makeIds(disks: number, uuid: () => string): InstallContext['ids'] {
  return {
    rootA: uuid(),
    state: uuid(),
    swap: uuid(),
    efi: Array.from({ length: disks }, () => randomBytes(4).toString('hex')),
    machineId: randomBytes(16).toString('hex'),
  };
}
