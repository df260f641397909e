// The programs that configure a network themselves, in a root of Debian and a network of its own: what adoption reads of them, and
// what becomes of it when cards are taken and given back.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountSystem, runInTree, writeInTree } from '../../../../src/builder/sandbox/tree.ts';
import { readTextOrUndefined } from '../../../../src/common/files.ts';
import { followLines, run, start } from '../../../../src/common/process.ts';
import { deriveNetworks, type AdoptedNetwork } from '../../../../src/firstboot/adopt/derive.ts';
import type { Configured } from '../../../../src/firstboot/adopt/configured.ts';
import {
  applyChanges,
  giveCardsBack,
  readFormerHost,
  restoreChanges,
  takeCards,
} from '../../../../src/firstboot/adopt/handover.ts';
import { describeNetplan } from '../../../../src/firstboot/adopt/netplan.ts';
import { readConfigFiles } from '../../../../src/firstboot/adopt/read-config.ts';
import { parseRunning } from '../../../../src/firstboot/adopt/running.ts';
import { readNetworkFacts, type Looking } from '../../../../src/firstboot/adopt/system.ts';

export interface ManagersInput {
  root: string;
  what: 'netplan' | 'network-manager';
  /** Files of the root. */
  files: Readonly<Record<string, string>>;
}

export interface ManagersReport {
  manager: string;
  network: AdoptedNetwork | undefined;
  /** By `netplan get`, and by our own reading of the files. */
  said?: { netplan: Configured | undefined; own: Configured | undefined };
  /** Files of systemd-networkd that netplan makes: before, when cards were taken, when they were given back. */
  generated?: [string[], string[], string[]];
  /** Addresses of the card at the same moments. */
  addresses?: [string[], string[], string[]];
  /** What NetworkManager says of the card then. */
  states?: [string, string, string];
}

const CARD = { name: 'ens3', mac: '52:54:00:12:34:56' };
const SECOND = { name: 'ens5', mac: '52:54:00:12:34:57' };
const TAKEN = { cards: [CARD, SECOND], virtual: [] };

/** Seconds. */
const PATIENCE = 60;

export async function runJob({ root, what, files }: ManagersInput): Promise<ManagersReport> {
  await mountSystem(root);
  await run(['mount', '-t', 'sysfs', '-o', 'ro', 'sysfs', join(root, 'sys')]);
  await run(['rm', '-rf', join(root, 'etc/netplan'), join(root, 'run/systemd/network')]);
  for (const [path, text] of Object.entries(files)) await writeInTree(root, path, text, 0o600);
  await run(['ip', 'link', 'set', 'lo', 'up']);
  for (const { name, mac } of TAKEN.cards) {
    await run(['ip', 'link', 'add', name, 'address', mac, 'type', 'veth', 'peer', `far-${name}`]);
    await run(['ip', 'link', 'set', `far-${name}`, 'up']);
  }
  const looking: Looking = {
    root,
    // Units are switched in there, but no systemd runs that could start or stop one.
    run: (argv) => {
      const words = argv[0] === 'systemctl' ? argv.filter((word) => word !== '--now') : argv;
      return runInTree(root, words, { timeoutSeconds: PATIENCE });
    },
    kill: (pid) => process.kill(pid, 'SIGKILL'),
  };
  try {
    return await (what === 'netplan' ? byNetplan(looking) : byNetworkManager(looking));
  } finally {
    for (const { kill } of started) kill('SIGKILL');
  }
}

/** What goes on running until the end. */
const started: { kill: (signal: NodeJS.Signals) => unknown; lines: string[] }[] = [];

/** A program of the root that goes on running. */
function startIn(root: string, ...argv: string[]): void {
  const child = start(['chroot', root, ...argv], {
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    followLines(stream, (line) => {
      lines.push(line);
    });
  started.push({ kill: (signal) => child.kill(signal), lines });
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE * 1000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) {
      const lines = started.flatMap((one) => one.lines);
      throw new Error(`not in ${PATIENCE} s: ${what}\n${lines.join('\n')}`);
    }
    await sleep(300);
  }
}

/** As adoption does it; only that cards are hardware cannot be had here. */
async function derive(looking: Looking): Promise<Pick<ManagersReport, 'manager' | 'network'>> {
  const facts = await readNetworkFacts(looking);
  const wired = new Set(TAKEN.cards.map(({ name }) => name));
  return { manager: facts.manager, network: deriveNetworks({ ...facts, wired }).networks[0] };
}

async function addressesOf(name: string): Promise<string[]> {
  const ask = async (...words: string[]): Promise<string> =>
    (await run(['ip', '-json', ...words])).stdout;
  const addresses = await ask('-details', 'address', 'show');
  const { interfaces } = parseRunning({ addresses, routes4: '', routes6: '' });
  const found = interfaces.find((one) => one.name === name)?.addresses ?? [];
  return found.map(({ address }) => address);
}

async function byNetplan(looking: Looking): Promise<ManagersReport> {
  const { root } = looking;
  const generate = async (): Promise<string[]> => {
    await run(['rm', '-rf', join(root, 'run/systemd/network')]);
    await looking.run(['/usr/libexec/netplan/generate']);
    return (await readdir(join(root, 'run/systemd/network')).catch(() => [])).sort();
  };
  const before = await generate();
  for (const name of ['links', 'leases', 'lldp'])
    await looking.run(['install', '-d', '-o', 'systemd-network', `/run/systemd/netif/${name}`]);
  await looking.run(['chown', 'systemd-network:systemd-network', '/run/systemd/netif']);
  // Without an identity it asks nobody for a lease.
  await writeInTree(root, '/etc/machine-id', `${'0123456789abcdef'.repeat(2)}\n`);
  startIn(root, '/usr/lib/systemd/systemd-networkd');
  await until('ens3 has its address', async () => (await addressesOf(CARD.name)).length > 1);
  await until('systemd-networkd says so', async () => {
    const index = await readTextOrUndefined(join(root, 'sys/class/net/ens3/ifindex'));
    const path = join(root, `run/systemd/netif/links/${(index ?? '').trim()}`);
    return /^NETWORK_FILE=/m.test((await readTextOrUndefined(path)) ?? '');
  });
  const adopted = await derive(looking);
  const { stdout: merged } = await looking.run(['netplan', 'get']);
  const { netplan } = await readConfigFiles(root);
  const said = {
    netplan: describeNetplan([{ path: 'netplan get', text: merged }], CARD),
    own: describeNetplan(netplan, CARD),
  };
  const former = await readFormerHost(TAKEN, looking);
  await applyChanges(former.changes, root);
  const taken = await generate();
  await restoreChanges(former.changes, root);
  return { ...adopted, said, generated: [before, taken, await generate()] };
}

async function byNetworkManager(looking: Looking): Promise<ManagersReport> {
  const { root } = looking;
  await looking.run(['install', '-d', '/run/dbus']);
  await looking.run(['dbus-daemon', '--system', '--fork']);
  startIn(root, 'NetworkManager', '--no-daemon');
  const state = async (): Promise<string> => {
    const argv = ['nmcli', '-t', '-f', 'GENERAL.STATE', 'device', 'show', CARD.name];
    return looking.run(argv).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  };
  const isUp = async (): Promise<boolean> => (await state()).includes('(connected)');
  await until('NetworkManager has ens3 up', isUp);
  const adopted = await derive(looking);
  const look = async (): Promise<{ addresses: string[]; state: string }> => ({
    addresses: await addressesOf(CARD.name),
    state: await state(),
  });
  const before = await look();
  const former = await readFormerHost(TAKEN, looking);
  await takeCards(former, looking);
  // Time in which it would take the card back.
  await sleep(3000);
  const taken = await look();
  await giveCardsBack(former, looking);
  await until('NetworkManager has ens3 up again', isUp);
  const after = await look();
  return {
    ...adopted,
    addresses: [before.addresses, taken.addresses, after.addresses],
    states: [before.state, taken.state, after.state],
  };
}
