// A bond on a real Xen host, with another machine's Open vSwitch at the other ends of its cables: whichever of them is pulled,
// traffic goes on.
import test, { type ExecutionContext } from 'ava';
import { temporaryDirectory } from '../temporary.ts';
import { hostText } from './host-text.ts';
import { installHost, startHost } from './installed.ts';
import { putFile, resumeLive, sharedLive, type LiveMachine } from './live.ts';
import { FULL } from './media.ts';
import { freePort } from './ports.ts';

const OWN = ['52:54:00:4b:00:01', '52:54:00:4b:00:02'];
const THEIRS = ['52:54:00:4b:01:01', '52:54:00:4b:01:02'];

const ADDRESS = '10.9.0.2';
const PEER = '10.9.0.1';

function text(bond: string): string {
  return hostText({
    ...{ login: true, selftest: false },
    card: `{ match: { mac: [${OWN.map((mac) => `"${mac}"`).join(', ')}] }, count: 2 }`,
    management: [
      `    bond: ${bond}`,
      `    ipv4: { mode: static, address: ${ADDRESS}/24, gateway: ${PEER} }`,
    ],
    network: ['  confirm: 240'],
  });
}

const NAMES = `set -e
name() { basename "$(dirname "$(grep -l "$1" /sys/class/net/*/address | head -n 1)")"; }
A=$(name ${THEIRS[0] ?? ''})
B=$(name ${THEIRS[1] ?? ''})
`;

const AGGREGATE = `${NAMES}systemctl start openvswitch-switch
ovs-vsctl add-br peer -- add-bond peer bond0 "$A" "$B" lacp=active \\
  other_config:lacp-time=fast
ip link set "$A" up
ip link set "$B" up
ip link set peer up
ip addr add ${PEER}/24 dev peer
`;

/** A switch that knows nothing of bonds. */
const PLAIN = `${NAMES}ovs-vsctl del-port bond0 -- add-port peer "$A" -- add-port peer "$B"
`;

const longTest = FULL ? test : test.skip;

longTest('a bond goes on with either of its cables, by LACP and without', async (t) => {
  t.timeout(30 * 60 * 1000);
  const directory = await temporaryDirectory(t);
  const disk = await installHost({
    ...{ name: t.title, directory, hostFile: text('{ mode: lacp, lacpRate: fast }') },
    before: async (machine) => {
      for (const mac of OWN) await machine.plugCard({ mac, port: await freePort() });
      await machine.shell('sleep 5');
    },
  });

  const ports = [await freePort(), await freePort()];
  const peer = await resumeLive(`${t.title}, peer`, await sharedLive());
  t.teardown(peer.stop);
  for (const [index, mac] of THEIRS.entries())
    await peer.plugCard({ mac, port: ports[index] ?? 0 });
  await putFile(peer, '/run/switch.sh', AGGREGATE);
  const made = await peer.shell('sleep 5; sh /run/switch.sh');
  t.is(made.code, 0, made.output);

  const machine = await startHost({
    ...{ name: `${t.title}, boot`, disk, entry: 'xen' },
    nics: OWN.map((mac, index) => ({
      ...{ model: 'e1000', mac },
      link: { type: 'connect', address: `127.0.0.1:${ports[index] ?? 0}` },
    })),
  });
  t.teardown(machine.stop);
  t.regex((await machine.shell('kronos-firstboot status --watch', 600)).output, /host is ready/);

  const lacp = (await machine.shell('ovs-appctl lacp/show bond0')).output;
  t.regex(lacp, /status: active negotiated/);
  await pullEach(t, machine, peer);

  await putFile(peer, '/run/plain.sh', PLAIN);
  const plain = await peer.shell('sh /run/plain.sh');
  t.is(plain.code, 0, plain.output);
  await putFile(machine, '/etc/kronos/host.yaml', text('{ mode: active-backup }'));
  const changed = await machine.shell('kronos-firstboot apply', 400);
  t.is(changed.code, 0, changed.output);
  t.regex((await machine.shell('ovs-appctl bond/show bond0')).output, /bond_mode: active-backup/);
  await pullEach(t, machine, peer);
});
/** The peer reaches the host with both cables, and with each of them alone. */
async function pullEach(
  t: ExecutionContext,
  machine: LiveMachine,
  peer: LiveMachine,
): Promise<void> {
  const ping = `ping -c 60 -i 1 -W 2 ${ADDRESS} | grep -m 3 -c "bytes from"`;
  t.is((await peer.shell(ping, 150)).code, 0, 'both cables');
  for (const name of ['net0', 'net1']) {
    await machine.ask('set_link', { name, up: false });
    const { output } = await peer.shell(`sleep 5; ${ping}`, 150);
    t.regex(output, /^3\s*$/m, `without ${name}`);
    await machine.ask('set_link', { name, up: true });
    await peer.shell('sleep 20');
  }
}
