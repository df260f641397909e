// A plain Debian becomes a Xen host by one command and one start, and is again what it was by one command and one start; over
// SSH, as an operator does it.
import test from 'ava';
import { readAddresses, readState, type Justified } from './host-state.ts';
import { FULL } from './media.ts';
import {
  expectBefore,
  expectVolumeGroup,
  expectXenHost,
  installHost,
  OPERATED_TIMEOUT,
  purgeHost,
  startOperated,
} from './operated.ts';
import type { PlainDebian } from './plain-debian.ts';

interface Scenario extends PlainDebian {
  what: string;
  /** Installed and started even where the long matrix was not asked for. */
  smoke?: boolean;
  /** What packages of its suite do besides. */
  leaves?: readonly Justified[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    what: 'a Debian 13 with a static address of ifupdown',
    ...{ suite: 'trixie', network: 'static', smoke: true },
  },
  { what: 'a Debian 13 with DHCP of systemd-networkd', suite: 'trixie', network: 'dhcp' },
  {
    what: 'a Debian 12 with a static address of ifupdown',
    ...{ suite: 'bookworm', network: 'static' },
    leaves: [
      {
        ...{ section: 'files', line: /^\/usr\/lib\/modules-load\.d$/ },
        why: 'multipath-tools takes the empty directory of systemd along, which it knows by its name below /lib',
      },
    ],
  },
];

/** Nobody has it. */
const NOWHERE = '10.0.2.77';

const HOST_FILE = '/etc/kronos/host.yaml';

for (const scenario of SCENARIOS) {
  const run = FULL || scenario.smoke === true ? test : test.skip;
  run(
    `${scenario.what} becomes a Xen host by packages, and what it was without them`,
    async (t) => {
      t.timeout(OPERATED_TIMEOUT);
      const machine = await startOperated(t, scenario);
      const { ssh } = machine;
      const before = await readState(ssh);
      await installHost(t, ssh, before);

      await machine.restart();
      t.regex(await ssh.say('kronos-firstboot status --watch', 900), /host is ready/);
      await expectXenHost(t, ssh, before);
      await expectVolumeGroup(t, ssh);
      if (!FULL) return;

      await purgeHost(t, ssh);
      await machine.restart();
      await expectBefore(t, ssh, before, scenario.leaves);

      // Nothing that was left takes the cards when Open vSwitch comes back.
      if (scenario.smoke === true) await installHost(t, ssh, before);
    },
  );
}

const longTest = FULL ? test : test.skip;

longTest(
  'a host whose adopted network cannot work is back on its old one, with a report',
  async (t) => {
    t.timeout(OPERATED_TIMEOUT);
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
