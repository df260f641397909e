// Lets a host that was adopted go: its former network and boot order from the next start on. What runs goes on running.
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestOf } from '../../common/digest.ts';
import { formatError, KronosError } from '../../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { MEMORY } from '../context.ts';
import { INSTALLED } from '../installed.ts';
import { isNetworkFile, NETWORK_DIRECTORY, writeNetworkFiles } from '../network/directory.ts';
import { readSwitch } from '../network/read-switch.ts';
import { forgetFormer, interruptedHost } from '../network/takeover.ts';
import { forgetRefusal } from '../network/refusal.ts';
import { STATE } from '../state.ts';
import { removeDefaults } from '../xl/defaults.ts';
import { restoreBootOrder } from './boot-order.ts';
import { restoreChanges, restoreResolver, type FormerHost } from './handover.ts';
import { HOST_FILE, RELEASE_DROP_INS, RELEASE_UNIT, RELEASE_WANT } from './places.ts';
import { ADOPTED, readRecord, readTaken, type AdoptionRecord } from './record.ts';
import type { Looking } from './system.ts';

/** What became of it. */
export interface Release {
  /** `none`: this host was never adopted, or was let go before. */
  state: 'released' | 'none';
  /** What was kept, or has to be done by hand; one phrase each. */
  notes: string[];
}

/** What is to go from Open vSwitch. */
export interface ReleasedBridges {
  names: string[];
  /** Whether its database is known to have no others. */
  alone: boolean;
}

/**
 * A purge of Open vSwitch leaves its database, and an Open vSwitch that is installed again would give the cards to the
 * bridges in there at once.
 */
const FORGET_DATABASE =
  'cd /var/lib/openvswitch && ! test -e /usr/bin/ovs-vsctl && rm -f conf.db .conf.db.~lock~ && rmdir /var/lib/openvswitch';

/**
 * A purge of Open vSwitch stops its daemons. Without ovs-vswitchd the kernel forwards nothing but what it did in the last
 * seconds: the host would be out of reach before anybody could restart it. Without its database that of Debian 12 (3.1)
 * never rests: it takes all of a processor.
 */
const KEEP_FORWARDING = [
  '# Made by kronos-firstboot release: the running network needs this daemon until the next start.',
  '[Service]',
  'ExecStop=',
  'KillMode=none',
  '',
].join('\n');

/** Bridges that a first boot makes, and xapi. */
const OWN_BRIDGE = /^(?:xenbr|xapi)\d+$/;

/** Errors: those of node:fs; what programs cannot do is in the notes. */
export async function release(looking: Looking): Promise<Release> {
  const { root } = looking;
  const record = await readRecord(join(root, ADOPTED));
  if (record === undefined) return { state: 'none', notes: [] };
  const notes: string[] = [];
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      if (!(error instanceof KronosError)) throw error;
      notes.push(formatError(error).split('\n')[0] ?? '');
    });
  };
  if (record.boot.loader === 'grub') await attempt(restoreBootOrder(record.boot, looking));
  const former =
    (await readTaken(join(root, ADOPTED))) ?? (await interruptedHost(join(root, MEMORY)));
  if (former !== undefined) await letCardsGo(former, record, { looking, notes, attempt });
  const directory = join(root, NETWORK_DIRECTORY);
  await writeNetworkFiles(directory, [], (name) => isNetworkFile(name) || name.endsWith('.link'));
  await removeDefaults(root);
  await forget(record, root, notes);
  return { state: 'released', notes };
}

interface Work {
  looking: Looking;
  notes: string[];
  attempt: (work: Promise<unknown>) => Promise<void>;
}

async function letCardsGo(
  former: FormerHost,
  { networkd }: AdoptionRecord,
  { looking, notes, attempt }: Work,
): Promise<void> {
  const { root, run } = looking;
  for (const path of await restoreChanges(former.changes, root))
    notes.push(`${path} has what was written there since`);
  await restoreResolver(former, looking);
  await writeReleaseUnit(releaseUnit(await findBridges(former)), root);
  for (const path of RELEASE_DROP_INS) await writeFileAtomic(join(root, path), KEEP_FORWARDING);
  // Without --now: it holds the addresses until the next start.
  const units = ['service', 'socket'].map((kind) => `systemd-networkd.${kind}`);
  const change = networkd
    ? ['enable', '--quiet', 'systemd-networkd.service']
    : ['disable', '--quiet', ...units, 'systemd-networkd-wait-online.service'];
  await attempt(run(['systemctl', ...change]));
  await attempt(run(['systemctl', 'daemon-reload']));
}

/** Names of bridges that are to go. Where the switch does not answer, those that it may have. */
async function findBridges({ cards }: FormerHost): Promise<ReleasedBridges> {
  const possible = cards.map((_card, index) => `xenbr${index}`);
  const found = await readSwitch(5).then(
    ({ bridges }) => bridges.map(({ name }) => name),
    () => undefined,
  );
  const own = (found ?? []).filter((name) => OWN_BRIDGE.test(name));
  return { names: [...new Set([...own, ...possible])], alone: own.length === found?.length };
}

/** The database of the switch goes on from start to start; the bridges may go only when nobody needs them any more. */
async function writeReleaseUnit(text: string, root: string): Promise<void> {
  const want = join(root, RELEASE_WANT);
  await writeFileAtomic(join(root, RELEASE_UNIT), text);
  await mkdir(dirname(want), { recursive: true });
  await rm(want, { force: true });
  await symlink(RELEASE_UNIT, want);
}

/** Removes bridges before the switch makes them, and then itself. */
export function releaseUnit({ names, alone }: ReleasedBridges): string {
  const words = names.flatMap((name) => ['--', '--if-exists', 'del-br', name]);
  return [
    '# Made by kronos-firstboot release: takes its bridges out of Open vSwitch at the next start, and then itself away.',
    '[Unit]',
    'Description=Take the bridges of Kronos out of Open vSwitch',
    'DefaultDependencies=no',
    'After=local-fs.target ovsdb-server.service',
    'Before=ovs-vswitchd.service networking.service systemd-networkd.service NetworkManager.service shutdown.target',
    'Conflicts=shutdown.target',
    '',
    '[Service]',
    'Type=oneshot',
    // Open vSwitch may be gone by then.
    `ExecStart=-/usr/bin/ovs-vsctl --no-wait --timeout=60 ${words.join(' ')}`,
    ...(alone ? [`ExecStart=-/bin/sh -c '${FORGET_DATABASE}'`] : []),
    `ExecStart=/bin/rm -f ${RELEASE_WANT} ${RELEASE_UNIT}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** What an adoption wrote. The log of first boots stays. */
async function forget(record: AdoptionRecord, root: string, notes: string[]): Promise<void> {
  const text = await readTextOrUndefined(join(root, HOST_FILE));
  const isOwn = text !== undefined && record.hostFile === digestOf(text);
  if (isOwn) await rm(join(root, HOST_FILE));
  else if (text !== undefined) notes.push(`${HOST_FILE} stays: it is not what adopt wrote`);
  await rm(join(root, INSTALLED), { force: true });
  await rm(join(root, STATE), { force: true });
  await forgetFormer(join(root, MEMORY));
  await forgetRefusal(join(root, MEMORY));
  // The last one: a release that was cut begins anew.
  await rm(join(root, ADOPTED), { recursive: true, force: true });
}
