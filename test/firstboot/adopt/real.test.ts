// Asked for real: ip(8) in a network namespace, and the DHCP client of systemd-networkd with a file of ours.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/common/process.ts';
import { deriveNetworks } from '../../../src/firstboot/adopt/derive.ts';
import { parseRunning } from '../../../src/firstboot/adopt/running.ts';
import { adoptedSteps } from '../../../src/firstboot/adopt/steps.ts';
import { networkFiles } from '../../../src/firstboot/network/files.ts';
import type { BootContext } from '../../../src/firstboot/context.ts';
import { runIndependent } from '../../../src/steps/run-independent.ts';
import type { StepEvent } from '../../../src/steps/event.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { inNamespaces } from '../namespaces.ts';

const SCENE = `
set -e
ip link set lo up
ip link add ens3 type veth peer name far
ip link set ens3 up
ip link set far up
ip address add 192.0.2.10/24 dev ens3
ip address add 2001:db8::10/64 dev ens3 nodad
ip route add default via 192.0.2.1
ip route add 10.9.0.0/16 via 192.0.2.254
ip route add 10.9.9.9 via 192.0.2.254
ip -6 route add default via 2001:db8::1
ip link add br9 type bridge
ip -json -details address show
ip -json -4 route show
ip -json -6 route show
`;

test('what ip prints is understood', async (t) => {
  const inside = ['unshare', '--user', '--map-root-user', '--net'];
  const seen = await inNamespaces(t, () => run([...inside, 'sh', '-c', SCENE]));
  if (seen === undefined) return;
  const [addresses = '', routes4 = '', routes6 = ''] = seen.stdout
    .split('\n')
    .filter((line) => line.startsWith('['));
  const running = parseRunning({ addresses, routes4, routes6 });
  t.is(running.interfaces.find(({ name }) => name === 'br9')?.kind, 'bridge');
  const { networks } = deriveNetworks({
    ...{ running, manager: 'ifupdown', wired: new Set(['ens3']), wireless: new Set() },
    ...{ configured: new Map(), resolver: { dns: [], search: [] }, identifiers: new Map() },
  });
  t.is(networks.length, 1);
  t.like(networks[0], {
    ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' },
    ipv6: { mode: 'static', address: '2001:db8::10/64', gateway: '2001:db8::1' },
    routes: [
      { to: '10.9.0.0/16', via: '192.0.2.254' },
      { to: '10.9.9.9/32', via: '192.0.2.254' },
    ],
  });
});

/** networkd with one file; whoever it asks for a lease prints its client identifier. */
const ASKING = `
set -e
mount -t sysfs -o ro sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network:systemd-network /run/systemd/netif
mount --bind "$1" /etc/systemd/network
ip link set lo up
ip link add xenbr0 type veth peer name far
ip link set xenbr0 address 52:54:00:12:34:56
ip link set far up
ip address add 192.0.2.1/24 dev far
/lib/systemd/systemd-networkd >/dev/null 2>&1 &
networkd=$!
timeout 20 node "$2" || true
kill $networkd
`;

/** The first message to a DHCP server; option 61 is the client identifier. Source: RFC 2132. */
const SERVER = `
import { createSocket } from 'node:dgram';
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (message) => {
  let at = 240;
  while (at < message.length && message[at] !== 255) {
    const end = at + 2 + message[at + 1];
    if (message[at] === 61) console.log(message.subarray(at + 2, end).toString('hex'));
    at = end;
  }
  process.exit();
});
socket.bind(67, '0.0.0.0');
`;

test('the bridge asks for its lease by the identifier that the card had', async (t) => {
  const directory = await temporaryDirectory(t);
  // networkd is not root when it reads.
  await chmod(directory, 0o755);
  // As dhclient of ifupdown sent it for this card.
  const identifier = 'ff0012345600010001329cfd01525400123456';
  const [file] = networkFiles(
    [
      {
        ...{ name: 'xenbr0', cards: [], vlans: [] },
        addressing: {
          ...{ ipv4: { mode: 'dhcp' }, ipv6: { mode: 'none' }, clientIdentifier: identifier },
        },
      },
    ],
    { adopted: true },
  );
  await writeFile(join(directory, file?.name ?? ''), file?.text ?? '');
  await writeFile(join(directory, 'far.network'), '[Match]\nName=far\n[Link]\nUnmanaged=yes\n');
  const server = join(await temporaryDirectory(t), 'server.mjs');
  await writeFile(server, SERVER);
  const inside = ['unshare', '--net', '--mount', 'sh', '-c', ASKING, 'scene', directory, server];
  const seen = await inNamespaces(t, () => run(inside, { timeoutSeconds: 40 }));
  if (seen !== undefined) t.is(seen.stdout, identifier);
});

test('without Xen nothing is begun', async (t) => {
  const begun: string[] = [];
  const step = (name: string, needs?: string[]) => ({
    ...{ name, title: name, weight: 1 },
    ...(needs === undefined ? {} : { needs }),
    apply: () => {
      begun.push(name);
      return Promise.resolve();
    },
  });
  const events: StepEvent[] = [];
  const outcomes = await runIndependent(
    adoptedSteps([step('network'), step('storage-local'), step('later', ['network'])]),
    {} as BootContext,
    {
      ...{ stage: 'firstboot', signal: new AbortController().signal },
      sink: (event) => {
        events.push(event);
      },
    },
  );
  t.deepEqual(begun, []);
  t.deepEqual(
    outcomes.map(({ step: name, state }) => `${name} ${state}`),
    [
      'xen failed',
      ...['network', 'storage-local', 'later', 'boot-default'].map((one) => `${one} blocked`),
    ],
  );
  t.is(events.find(({ state }) => state === 'failed')?.code, 'host/xen-not-started');
});
