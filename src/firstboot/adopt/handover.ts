// Takes the cards of a host that was there before out of the hands of those who configured them, and gives them back.
import { mkdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { planChanges, type FileChange, type Surroundings, type Taken } from './changes.ts';
import { parseStanzas } from './ifupdown.ts';
import { parseDeviceState } from './network-manager.ts';
import { readConfigFiles } from './read-config.ts';
import { findClients, type Looking } from './system.ts';

/** The network as it was before a first boot took it over: enough to bring it back. */
export interface FormerHost extends Taken {
  changes: (FileChange & { mode: number })[];
  /** Interfaces that ifupdown brings up, in the order of its files. */
  ifup: string[];
  /** Connections of NetworkManager that were up. */
  connections: string[];
  networkManager: boolean;
  netplan: boolean;
  /** systemd-networkd was started with the host. */
  networkd: boolean;
  /** What /etc/resolv.conf said, and where it led to where it was a link. */
  resolver: { text: string; target?: string | undefined } | undefined;
}

const RESOLVER = '/etc/resolv.conf';
const NETWORKD = ['systemd-networkd.service', 'systemd-networkd.socket'];
const ONLINE = 'systemd-networkd-wait-online.service';

/** What will be changed, read before anything is. Errors: those of node:fs and loadYaml. */
export async function readFormerHost(taken: Taken, looking: Looking): Promise<FormerHost> {
  const { root } = looking;
  const around = await readSurroundings(root);
  const { files, networkManager } = around;
  const changes = planChanges(taken, around);
  const names = new Set([...taken.cards.map(({ name }) => name), ...taken.virtual]);
  const stanzas = files.ifupdown.flatMap(parseStanzas);
  const ifup = stanzas.flatMap(({ kind, words: [name = ''] }) =>
    kind === 'iface' && names.has(name) ? [name] : [],
  );
  return {
    ...taken,
    changes: await Promise.all(
      changes.map(async (change) => ({ ...change, mode: await modeOf(join(root, change.path)) })),
    ),
    ifup: [...new Set(ifup)],
    connections: networkManager ? await readConnections([...names], root) : [],
    networkManager,
    netplan: changes.some(({ path }) => path.startsWith('/etc/netplan/')),
    networkd: await isEnabled('systemd-networkd.service', looking),
    resolver: await readResolverFile(root),
  };
}

/** What decides which files are changed. Errors: those of node:fs. */
export async function readSurroundings(root: string): Promise<Surroundings> {
  return {
    files: await readConfigFiles(root),
    networkManager: await exists(join(root, '/run/NetworkManager')),
    cloudInit: await exists(join(root, '/etc/cloud/cloud.cfg.d')),
  };
}

async function readResolverFile(root: string): Promise<FormerHost['resolver']> {
  const text = await readTextOrUndefined(join(root, RESOLVER));
  if (text === undefined) return undefined;
  return { text, target: await readlink(join(root, RESOLVER)).catch(() => undefined) };
}

async function modeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mode }) => mode & 0o777,
    () => 0o644,
  );
}

async function readConnections(names: readonly string[], root: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const index = await readTextOrUndefined(join(root, `/sys/class/net/${name}/ifindex`));
    const path = join(root, `/run/NetworkManager/devices/${(index ?? '').trim()}`);
    const { connection } = parseDeviceState((await readTextOrUndefined(path)) ?? '');
    if (connection !== undefined) found.push(connection);
  }
  return found;
}

/** Whether a unit is started with the host. */
export async function isEnabled(unit: string, { run }: Pick<Looking, 'run'>): Promise<boolean> {
  // It exits with 1 where the unit is not enabled.
  return run(['systemctl', 'is-enabled', '--quiet', unit]).then(
    () => true,
    () => false,
  );
}

/** Writes all files as they are to be; made again, it changes nothing. Errors: those of node:fs. */
export async function applyChanges(changes: FormerHost['changes'], root: string): Promise<void> {
  for (const { path, after, mode } of changes) await writeOrRemove(join(root, path), after, mode);
}

/**
 * Writes all files as they were. What somebody has written since is kept beside as `PATH.before-release`. Gives those paths.
 * Errors: those of node:fs.
 */
export async function restoreChanges(
  changes: FormerHost['changes'],
  root: string,
): Promise<string[]> {
  const kept: string[] = [];
  for (const { path, before, after, mode } of changes) {
    const full = join(root, path);
    const now = await readTextOrUndefined(full);
    if (now !== undefined && now !== after && now !== before) {
      await rename(full, `${full}.before-release`);
      kept.push(`${path}.before-release`);
    }
    await writeOrRemove(full, before, mode);
  }
  return kept;
}

async function writeOrRemove(path: string, text: string | undefined, mode: number): Promise<void> {
  if (text === undefined) return rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true });
  if ((await readTextOrUndefined(path)) !== text) await writeFileAtomic(path, text, mode);
}

/**
 * Ends whoever configures the cards, without giving leases back, and takes addresses, VLANs and bonds away. The network is gone
 * until the bridges have it. Errors: those of node:fs and programs.
 */
export async function takeCards(former: FormerHost, looking: Looking): Promise<void> {
  const { cards, virtual, changes, networkManager, netplan } = former;
  const { root, run, kill } = looking;
  const names = [...cards.map(({ name }) => name), ...virtual];
  await applyChanges(changes, root);
  // Its other signals let some clients take the address away, or give the lease back.
  for (const name of names) for (const { pid } of await findClients(root, name)) kill(pid);
  if (networkManager) {
    await run(['nmcli', 'general', 'reload']);
    for (const name of names) await attempt(run(['nmcli', 'device', 'set', name, 'managed', 'no']));
  }
  if (netplan) await run(['netplan', 'generate']);
  // Told to read its files again, it would give its leases back; it is started again at once.
  if (former.networkd)
    await attempt(run(['systemctl', 'kill', '--signal=KILL', 'systemd-networkd.service']));
  for (const name of virtual) await removeInterface(name, looking);
  for (const { name } of cards) {
    await run(['ip', 'address', 'flush', 'dev', name]);
    await run(['ip', 'link', 'set', 'dev', name, 'up']);
  }
}

async function removeInterface(name: string, { root, run }: Looking): Promise<void> {
  if (!(await exists(join(root, '/sys/class/net', name)))) return;
  await run(['ip', 'link', 'delete', 'dev', name]);
}

/** xcp-networkd asks for leases itself. What it needs of systemd-networkd is that it is not there. */
export async function disableNetworkd({ run }: Pick<Looking, 'run'>): Promise<void> {
  await attempt(run(['systemctl', 'disable', '--quiet', '--now', ...NETWORKD, ONLINE]));
}

/** Name servers must not go away with whoever wrote them; with systemd-resolved, networkd tells it. */
export async function keepResolver(
  { resolver }: FormerHost,
  { root }: Pick<Looking, 'root'>,
): Promise<void> {
  const path = join(root, RESOLVER);
  const hasServer = (text: string): boolean => /^\s*nameserver\s/m.test(text);
  if (resolver === undefined || !hasServer(resolver.text)) return;
  const target = await readlink(path).catch(() => undefined);
  if (target?.includes('/systemd/resolve/') === true) return;
  if (target === undefined && hasServer((await readTextOrUndefined(path)) ?? '')) return;
  // Renaming takes the place of a link, and does not write through it.
  await writeFileAtomic(path, resolver.text);
}

/** Errors: those of node:fs. */
export async function restoreResolver(
  { resolver }: FormerHost,
  { root }: Pick<Looking, 'root'>,
): Promise<void> {
  const path = join(root, RESOLVER);
  if (resolver?.target === undefined) return;
  if ((await readTextOrUndefined(path)) !== resolver.text || (await isLink(path))) return;
  await rm(path);
  await symlink(resolver.target, path);
}

async function isLink(path: string): Promise<boolean> {
  return readlink(path).then(
    () => true,
    () => false,
  );
}

/**
 * Gives the cards back to whoever had them and starts the former network. Open vSwitch has let go of them before.
 * Errors: `host/former-network` where one of them does not start; all are tried.
 */
export async function giveCardsBack(former: FormerHost, looking: Looking): Promise<void> {
  const { changes, ifup, connections, networkManager, netplan, networkd, cards, virtual } = former;
  const { root, run } = looking;
  for (const name of virtual) await removeInterface(name, looking);
  for (const { name } of cards) {
    await attempt(run(['ip', 'address', 'flush', 'dev', name]));
    // Bonds take only cards that are down, and the kernel makes link-local addresses when one comes up.
    await attempt(run(['ip', 'link', 'set', 'dev', name, 'down']));
  }
  await restoreChanges(changes, root);
  await restoreResolver(former, looking);
  const failures: unknown[] = [];
  const must = async (...argv: string[]): Promise<void> => {
    await run(argv).catch((error: unknown) => failures.push(error));
  };
  if (networkd) {
    await must('systemctl', 'enable', '--quiet', 'systemd-networkd.service');
    await must('systemctl', 'restart', 'systemd-networkd.service');
  } else await must('systemctl', 'disable', '--quiet', '--now', ...NETWORKD, ONLINE);
  if (networkManager) {
    await must('nmcli', 'general', 'reload');
    for (const { name } of cards) await must('nmcli', 'device', 'set', name, 'managed', 'yes');
    for (const uuid of connections) await must('nmcli', 'connection', 'up', 'uuid', uuid);
  }
  if (netplan) await must('netplan', 'apply');
  // One after the other: ifup ends with the first that fails. It believes that they are up.
  for (const name of ifup) await must('ifup', '--force', name);
  if (failures.length === 0) return;
  throw new KronosError('host/former-network', 'the former network did not start again', {
    hint: 'its files are back: start it by hand, or restart the host',
    cause: failures[0],
  });
}

async function attempt(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof KronosError)) throw error;
  });
}
