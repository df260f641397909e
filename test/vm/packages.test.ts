// A plain Debian becomes a Xen host by one command and one start, and is again what it was by one command and one start; over
// SSH, as an operator does it.
import test, { type ExecutionContext } from 'ava';
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
import { FULL } from './media.ts';
import { plainDebian, PLAIN_ADDRESS, PLAIN_CARD, type PlainDebian } from './plain-debian.ts';
import { startPlain, type PlainMachine } from './plain-machine.ts';
import type { Ssh } from './ssh.ts';

interface Scenario extends PlainDebian {
  what: string;
  /** Installed and started even where the long matrix was not asked for. */
  smoke?: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    what: 'a Debian 13 with a static address of ifupdown',
    ...{ suite: 'trixie', network: 'static', smoke: true },
  },
  { what: 'a Debian 13 with DHCP of systemd-networkd', suite: 'trixie', network: 'dhcp' },
  { what: 'a Debian 12 with a static address of ifupdown', suite: 'bookworm', network: 'static' },
];

const TIMEOUT = 60 * 60 * 1000;

/** Nobody has it. */
const NOWHERE = '10.0.2.77';

/** Without what others only recommend, which is four times as much. */
const INSTALL = 'apt-get install --yes --no-install-recommends xcp-xl';

/** With what apt would keep because a package that was there before suggests it. */
const PURGE = [
  'apt-get purge --yes --autoremove xcp-xl',
  '-o APT::AutoRemove::SuggestsImportant=false -o APT::AutoRemove::RecommendsImportant=false',
].join(' ');

const HOST_FILE = '/etc/kronos/host.yaml';

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
  { section: 'files', line: /^\/var\/lib\/libuuid$/, why: 'uuid-runtime leaves its home' },
];

for (const scenario of SCENARIOS) {
  const run = FULL || scenario.smoke === true ? test : test.skip;
  run(
    `${scenario.what} becomes a Xen host by packages, and what it was without them`,
    async (t) => {
      t.timeout(TIMEOUT);
      const machine = await startOperated(t, scenario);
      const { ssh } = machine;
      const before = await readState(ssh);
      await installHost(t, ssh, before);

      await machine.restart();
      t.regex(await ssh.say('kronos-firstboot status --watch', 900), /host is ready/);
      await expectXenHost(t, ssh, before);
      if (!FULL) return;

      await purgeHost(t, ssh);
      await machine.restart();
      await expectBefore(t, ssh, before);

      // Nothing that was left takes the cards when Open vSwitch comes back.
      if (scenario.smoke === true) await installHost(t, ssh, before);
    },
  );
}

const longTest = FULL ? test : test.skip;

longTest(
  'a host whose adopted network cannot work is back on its old one, with a report',
  async (t) => {
    t.timeout(TIMEOUT);
    const machine = await startOperated(t, { suite: 'trixie', network: 'static' });
    const { ssh } = machine;
    const before = await readState(ssh);
    await installHost(t, ssh, before);
    await ssh.say(`sed -i 's/gateway: .*/gateway: ${NOWHERE}/' ${HOST_FILE}`);
    t.regex(await ssh.say(`cat ${HOST_FILE}`), new RegExp(`gateway: ${NOWHERE}`));

    await machine.restart();
    const status = await ssh.say('kronos-firstboot status --watch', 900);
    t.log(status);
    t.regex(status, /host\/network-silent/);
    const works = withoutSwitch(before.addresses);
    t.is(withoutSwitch(await readAddresses(ssh)), works, 'the former network is back');

    await machine.restart();
    t.is(withoutSwitch(await readAddresses(ssh)), works, 'and stays');
    t.not(
      (await ssh.run('test -e /sys/hypervisor/type')).exitCode,
      0,
      'the next start is the old one',
    );
  },
);

/** Without what Open vSwitch has of its own, and without what routers tell when they like. */
function withoutSwitch(addresses: string): string {
  const lines = addresses.split('\n');
  return lines.filter((line) => !/^ovs-system | inet6 /.test(line)).join('\n');
}

/** A plain Debian that knows the repository; both end with the test. */
async function startOperated(t: ExecutionContext, plain: PlainDebian): Promise<PlainMachine> {
  const cache = cacheDirectory(undefined);
  const directory = await temporaryDirectory(t);
  const mirror = await serveDebianMirror(cache);
  t.teardown(mirror.close);
  const image = await plainDebian(plain, mirror, cache);
  const lines = await serveKronosRepository(t, directory);
  const machine = await startPlain(t.title, image, mirror, directory);
  t.teardown(machine.stop);
  await machine.ssh.say(`set -e\n${lines}`);
  return machine;
}

/** Installs over SSH while another session looks on. */
async function installHost(t: ExecutionContext, ssh: Ssh, before: HostState): Promise<void> {
  const session = ssh.countOn();
  t.teardown(session.end);
  await session.lives();
  await ssh.say(INSTALL, 1800);
  const counted = await session.lives();
  t.log(`the session counted to ${counted} during the installation`);
  t.is(await readAddresses(ssh), before.addresses, 'the running network was left alone');
  t.log(await ssh.say('kronos-firstboot plan'));
  await session.end();
}

/** Purges over SSH; neither is the host out of reach afterwards. */
async function purgeHost(t: ExecutionContext, ssh: Ssh): Promise<void> {
  const session = ssh.countOn();
  t.teardown(session.end);
  await session.lives();
  await ssh.say(PURGE, 1800);
  await session.lives();
  await session.end();
  // What nobody asked for in the last minutes needs more than what the kernel remembers.
  await ssh.say('ip neigh flush dev xenbr0; ping -c 3 -W 5 10.0.2.2');
}

async function expectXenHost(t: ExecutionContext, ssh: Ssh, before: HostState): Promise<void> {
  t.regex(await ssh.say('xl info'), /^xen_version/m);
  t.regex(await ssh.say('ovs-vsctl show'), /Bridge xenbr0/);
  const addresses = await readAddresses(ssh);
  t.regex(addresses, new RegExp(`^xenbr0 inet ${PLAIN_ADDRESS}/24$`, 'm'));
  t.notRegex(addresses, new RegExp(`^${PLAIN_CARD} inet `, 'm'));
  const route = /^default via \S+/m;
  t.is(route.exec(addresses)?.[0], route.exec(before.addresses)?.[0]);
  t.regex(await ssh.say('vgs --noheadings -o vg_name,pv_name'), /VG_XenStorage\S*\s+\/dev\/vdb/);
}

async function expectBefore(t: ExecutionContext, ssh: Ssh, before: HostState): Promise<void> {
  const after = await readState(ssh);
  const differences = await compareStates(before, after, await temporaryDirectory(t));
  t.log(differences.join('\n'));
  t.deepEqual(unjustified(differences, JUSTIFIED), []);
}
