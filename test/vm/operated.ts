// A plain Debian whose operator has our repository: installing, looking and purging over SSH.
import type { ExecutionContext } from 'ava';
import { cacheDirectory } from '../../src/cli/options.ts';
import { temporaryDirectory } from '../temporary.ts';
import { serveDebianMirror } from './debian-mirror.ts';
import {
  compareStates,
  readAddresses,
  readState,
  unjustified,
  type HostState,
  type Justified,
} from './host-state.ts';
import { serveKronosRepository } from './kronos-repository.ts';
import { plainDebian, PLAIN_ADDRESS, PLAIN_CARD, type PlainDebian } from './plain-debian.ts';
import { startPlain, type PlainMachine } from './plain-machine.ts';
import type { Ssh } from './ssh.ts';

/** Time for a whole scenario. */
export const OPERATED_TIMEOUT = 120 * 60 * 1000;

/** An initrd alone takes ten minutes in dom0 under TCG beside other work. */
const APT_SECONDS = 3600;

/** The package that makes the host. */
export type Toolstack = 'xcp-xl' | 'xcp-xapi';

/** Without what others only recommend, which is four times as much. */
const INSTALL = 'apt-get install --yes --no-install-recommends';

/** With what apt would keep because a package that was there before suggests it. */
const PURGE = [
  'apt-get purge --yes --autoremove',
  '-o APT::AutoRemove::SuggestsImportant=false -o APT::AutoRemove::RecommendsImportant=false',
].join(' ');

/** What is not as before, and why that is no fault. */
const JUSTIFIED: readonly Justified[] = [
  {
    ...{ section: 'etc', why: 'Debian never removes the accounts of daemons' },
    line: /^\/etc\/(?:passwd|shadow|group|gshadow)(?: sha256 |:(?:_rpc|uuidd|statd):)/,
  },
  {
    ...{ section: 'etc', why: 'what was there before the last account was made' },
    line: /^\/etc\/(?:passwd|shadow|group|gshadow)-[ :]/,
  },
  {
    ...{ section: 'etc', why: 'multipath-tools leaves the names that it gave' },
    line: /^\/etc\/multipath(?:\/bindings)?[ :]/,
  },
  {
    ...{
      section: 'etc',
      why: 'the volume group is data of the operator and stays, with its description',
    },
    line: /^\/etc\/lvm(?:\/backup(?:\/VG_XenStorage-local)?)?[ :]/,
  },
  {
    section: 'files',
    line: /^\/var\/lib\/xen(?:\/userdata-|$)/,
    why: 'xen-utils leaves what libxl noted',
  },
  { section: 'files', line: /^\/var\/lib\/ucf\//, why: 'backups of ucf' },
  {
    section: 'files',
    line: /^\/var\/backups\/apt\.extended_states/,
    why: "apt's daily job keeps copies of its notes; it may fall into the hour that this takes",
  },
  { section: 'files', line: /^\/var\/lib\/libuuid$/, why: 'uuid-runtime leaves its home' },
];

/** What a scenario may want besides. */
interface Operated {
  /** Directories of packages that are in the repository with ours. */
  packages?: readonly string[];
  /** Ports of this machine that lead to ports of the guest. */
  forwards?: readonly { host: number; guest: number }[];
  /** Of the machine. */
  name?: string;
}

/** A plain Debian that knows the repository; both end with the test. */
export async function startOperated(
  t: ExecutionContext,
  plain: PlainDebian,
  { packages = [], forwards = [], name = t.title }: Operated = {},
): Promise<PlainMachine> {
  const cache = cacheDirectory(undefined);
  const directory = await temporaryDirectory(t);
  const mirror = await serveDebianMirror(cache);
  t.teardown(mirror.close);
  const image = await plainDebian(plain, mirror, cache);
  const lines = await serveKronosRepository(t, directory, packages);
  const machine = await startPlain(name, image, mirror, directory, forwards);
  t.teardown(machine.stop);
  await machine.ssh.say(`set -e\n${lines}`);
  return machine;
}

/** Installs over SSH while another session looks on. */
export async function installHost(
  t: ExecutionContext,
  ssh: Ssh,
  before: HostState,
  toolstack: Toolstack = 'xcp-xl',
): Promise<void> {
  const counted = await sayBesideSession(t, ssh, `${INSTALL} ${toolstack}`);
  t.log(`the session counted to ${counted} during the installation`);
  t.is(await readAddresses(ssh), before.addresses, 'the running network was left alone');
  t.log(await ssh.say('kronos-firstboot plan'));
}

/** Purges over SSH; neither is the host out of reach afterwards. */
export async function purgeHost(
  t: ExecutionContext,
  ssh: Ssh,
  toolstack: Toolstack = 'xcp-xl',
): Promise<void> {
  await sayBesideSession(t, ssh, `${PURGE} ${toolstack}`);
  // What nobody asked for in the last minutes needs more than what the kernel remembers.
  await ssh.say('ip neigh flush dev xenbr0; ping -c 3 -W 5 10.0.2.2');
}

/** Runs apt while another session lives, before and after; resolves with how far that has counted. */
async function sayBesideSession(t: ExecutionContext, ssh: Ssh, command: string) {
  const session = ssh.countOn();
  t.teardown(session.end);
  await session.lives();
  await ssh.say(command, APT_SECONDS);
  const counted = await session.lives();
  await session.end();
  return counted;
}

export async function expectXenHost(
  t: ExecutionContext,
  ssh: Ssh,
  before: HostState,
): Promise<void> {
  t.regex(await ssh.say('xl info'), /^xen_version/m);
  t.regex(await ssh.say('ovs-vsctl show'), /Bridge xenbr0/);
  const addresses = await readAddresses(ssh);
  t.regex(addresses, new RegExp(`^xenbr0 inet ${PLAIN_ADDRESS}/24$`, 'm'));
  t.notRegex(addresses, new RegExp(`^${PLAIN_CARD} inet `, 'm'));
  const route = /^default via \S+/m;
  t.is(route.exec(addresses)?.[0], route.exec(before.addresses)?.[0]);
}

/** That the SR of the toolstack xl is on the spare disk. */
export async function expectVolumeGroup(t: ExecutionContext, ssh: Ssh): Promise<void> {
  t.regex(await ssh.say('vgs --noheadings -o vg_name,pv_name'), /VG_XenStorage\S*\s+\/dev\/vdb/);
}

export async function expectBefore(
  t: ExecutionContext,
  ssh: Ssh,
  before: HostState,
  more: readonly Justified[] = [],
): Promise<void> {
  const after = await readState(ssh);
  const differences = await compareStates(before, after, await temporaryDirectory(t));
  t.log(differences.join('\n'));
  t.deepEqual(unjustified(differences, [...JUSTIFIED, ...more]), []);
}
