// Asked for real: netplan with systemd-networkd, and NetworkManager, of Debian 13 in a root and a network of their own. Takes a
// minute and a hundred megabytes, so it runs with KRONOS_VM_MATRIX=full alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ensureHost } from '../../../src/builder/ensure-host.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import type { ManagersInput, ManagersReport } from './jobs/managers.ts';

const isWanted = process.env['KRONOS_VM_MATRIX'] === 'full' && process.getuid?.() === 0;
const full = isWanted ? test.serial : test.serial.skip;
const IDLE = new AbortController().signal;
const PACKAGES = ['netplan.io', 'network-manager', 'dbus', 'iproute2', 'systemd'];

let directory: string | undefined;

test.after.always(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** Made once. */
async function rootOf(): Promise<string> {
  if (directory !== undefined) return join(directory, 'root');
  const programs = [{ name: 'mmdebstrap', package: 'mmdebstrap', purpose: 'make a root' }];
  await ensureHost({ observer: UNOBSERVED, signal: IDLE, programs });
  directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  const root = join(directory, 'root');
  const include = `--include=${PACKAGES.join(',')}`;
  await run(['mmdebstrap', '--variant=apt', '--mode=root', include, 'trixie', root]);
  return root;
}

async function ask(
  what: ManagersInput['what'],
  files: ManagersInput['files'],
): Promise<ManagersReport> {
  const input: ManagersInput = { root: await rootOf(), what, files };
  const url = new URL('jobs/managers.js', import.meta.url).href;
  return runInSandbox(url, input, { progress: SILENT, signal: IDLE });
}

/** What both hosts are. */
const STATIC = {
  ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' },
  ipv6: { mode: 'static', address: '2001:db8::10/64' },
  dns: ['192.0.2.53'],
  search: ['example.net'],
};

full(
  'netplan: what is read is what it makes of its files, and cards that are taken are none of its',
  async (t) => {
    t.timeout(1_200_000);
    const report = await ask('netplan', {
      '/etc/netplan/50-cloud-init.yaml': `network:
  version: 2
  ethernets:
    ens3: { dhcp4: yes, nameservers: { addresses: [192.0.2.53] } }
    second: { match: { macaddress: "52:54:00:12:34:57" }, set-name: ens5, dhcp4: true }
    ens9: { dhcp4: true, optional: true }
`,
      '/etc/netplan/60-static.yaml': `network:
  ethernets:
    ens3:
      dhcp4: no
      addresses: [192.0.2.10/24, "2001:db8::10/64"]
      routes: [{ to: default, via: 192.0.2.1 }]
      nameservers: { search: [example.net] }
`,
    });
    t.is(report.manager, 'netplan');
    t.like(report.network, STATIC);
    const { netplan, own } = report.said ?? {};
    t.deepEqual({ ...own, source: '' }, { ...netplan, source: '' });
    const [before = [], taken = [], after = []] = report.generated ?? [];
    t.true(
      before.includes('10-netplan-ens3.network') && before.includes('10-netplan-second.network'),
    );
    t.deepEqual(taken, ['10-netplan-ens9.network']);
    t.deepEqual(after, before);
  },
);

full(
  'NetworkManager: what is read is what it does, a card is taken from it and given back',
  async (t) => {
    t.timeout(1_200_000);
    const report = await ask('network-manager', {
      '/etc/NetworkManager/conf.d/test.conf':
        '[keyfile]\nunmanaged-devices=interface-name:far-*;interface-name:ens5\n',
      // As `nmcli connection add` writes it.
      '/etc/NetworkManager/system-connections/Wired.nmconnection': `[connection]
id=Wired
uuid=49c8a30d-6148-409e-8822-0090e377290b
type=ethernet
interface-name=ens3

[ethernet]

[ipv4]
address1=192.0.2.10/24
dns=192.0.2.53;
dns-search=example.net;
gateway=192.0.2.1
method=manual

[ipv6]
addr-gen-mode=default
address1=2001:db8::10/64
method=manual
`,
    });
    t.is(report.manager, 'network-manager');
    t.like(report.network, STATIC);
    const [before, taken, after] = report.addresses ?? [];
    t.deepEqual(before, ['192.0.2.10/24', '2001:db8::10/64']);
    t.deepEqual(taken, []);
    t.deepEqual(after, before);
    t.regex(report.states?.[1] ?? '', /unmanaged/);
  },
);
