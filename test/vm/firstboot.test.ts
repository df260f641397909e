// First boot on a real Xen host: Open vSwitch with the address, storage, and what happens when nobody answers.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { StepEvent } from '../../src/steps/event.ts';
import { temporaryDirectory } from '../temporary.ts';
import { IQN, makeTarget, TARGET_LOGIN } from './target.ts';
import { GUEST_WORKS, runGuest } from './guest.ts';
import { hostText } from './host-text.ts';
import { installHost, restartHost, startHost } from './installed.ts';
import { putFile, type LiveMachine } from './live.ts';
import { FULL } from './media.ts';
import { freePort } from './ports.ts';

const STORAGE = ['storage:', '  - { type: lvm, name: local, disks: [system] }'];

const HOST_FILE = '/etc/kronos/host.yaml';

const STATIC = (gateway: string): string[] => [
  `    ipv4: { mode: static, address: 10.0.2.15/24, gateway: ${gateway} }`,
];

function text(
  management: readonly string[] = [],
  network: readonly string[] = [],
  storage: readonly string[] = [],
): string {
  const more = [...STORAGE, ...storage];
  return hostText({ management, network, more, login: true, selftest: false });
}

const longTest = FULL ? test : test.skip;

longTest(
  'a host moves its network to Open vSwitch, makes its storage, and takes back what does not answer',
  async (t) => {
    const directory = await temporaryDirectory(t);
    const disk = await installHost({ name: t.title, directory, hostFile: text() });
    const port = await freePort();
    const machine = await startHost({
      ...{ name: `${t.title}, boot`, disk, entry: 'xen' },
      nics: [{ model: 'e1000', link: { type: 'user', forwards: [{ host: port, guest: 22 }] } }],
    });
    t.teardown(machine.stop);

    const say = async (line: string): Promise<string> => (await machine.shell(line, 600)).output;
    t.regex(await say('kronos-firstboot status --watch'), /This host is ready/);
    t.regex(await say('ovs-vsctl list-ports xenbr0'), /^nic0\s*$/m);
    t.regex(await say('ip -brief -4 address show xenbr0'), /10\.0\.2\.15/);
    t.notRegex(await say('ip -brief -4 address show nic0'), /10\.0\.2/);
    t.regex(
      await say('vgs --noheadings -o vg_name,vg_tags'),
      /VG_XenStorage-local\s+kronos\.repository=local/,
    );
    t.regex(await banner(port), /^SSH-2\.0-OpenSSH/);

    t.deepEqual(
      await statesOf(machine, 0),
      {
        cards: 'skipped',
        network: 'skipped',
        'log-server': 'skipped',
        'xl-defaults': 'skipped',
        'storage-local': 'skipped',
      },
      'a second run changes nothing',
    );

    t.regex(await runGuest(machine, 'VG_XenStorage-local'), GUEST_WORKS);

    await putFile(
      machine,
      HOST_FILE,
      text([], ['  networks:', '    - { name: guests, vlan: 30 }']),
    );
    t.like(await statesOf(machine, 0), { network: 'finished' });
    t.regex(await say('ovs-vsctl list-br'), /^xenbr0\.30\s*$/m);
    t.regex(await banner(port), /^SSH-2\.0-OpenSSH/, 'the address stayed');

    await restartHost(machine, { entry: 'xen' });
    t.regex(await say('kronos-firstboot status --watch'), /This host is ready/);
    t.regex(await say('ip -brief -4 address show xenbr0'), /10\.0\.2\.15/);
    t.regex(await say('ovs-vsctl list-br'), /^xenbr0\.30\s*$/m);
    t.regex(await say('lvs --noheadings VG_XenStorage-local; vgs'), /VG_XenStorage-local/);
    t.true(
      Object.values(await statesOf(machine, 0)).every((state) => state === 'skipped'),
      'a configured host is left alone when it starts again',
    );
    t.regex(await banner(port), /^SSH-2\.0-OpenSSH/, 'the same address after a restart');

    const { user, password } = TARGET_LOGIN;
    await makeTarget(machine, ['127.0.0.1', '10.0.2.15']);
    const secrets = { format: 'kronos-secrets', storage: { san: password } };
    await putFile(machine, '/etc/kronos/secrets.json', JSON.stringify(secrets));
    await putFile(
      machine,
      HOST_FILE,
      text(
        [],
        [],
        [
          '  - type: iscsi',
          '    name: san',
          `    iqn: ${IQN}`,
          '    targets: [{ address: 127.0.0.1 }, { address: 10.0.2.15 }]',
          `    chap: { user: ${user}, password: in-secrets }`,
          '    multipath: true',
        ],
      ),
    );
    t.like(await statesOf(machine, 0), { 'storage-san': 'finished' });
    t.like(await statesOf(machine, 0), { 'storage-san': 'skipped' });
    t.regex(await say('pvs --noheadings -o pv_name,vg_name'), /mapper\/\S+ +VG_XenStorage-san/);
    t.is((await say('multipath -ll')).match(/ active ready running/g)?.length, 2, 'two ways');

    const logs = await listenForLogs(t);
    await putFile(
      machine,
      HOST_FILE,
      text([], [], [`syslog: { server: 10.0.2.2, port: ${logs.port} }`]),
    );
    t.like(await statesOf(machine, 0), { 'log-server': 'finished' });
    await say('logger a-line-of-the-lab');
    t.regex(await logs.line(/a-line-of-the-lab/), /xen01/);

    await putFile(machine, HOST_FILE, text(STATIC('10.0.2.77'), ['  confirm: 15']));
    t.like(await statesOf(machine, 5), { network: 'failed', 'storage-local': 'skipped' });
    const silent = await say('kronos-firstboot status');
    t.regex(silent, /no answer from 10\.0\.2\.77/);
    t.regex(silent, /host\/network-silent/);
    t.regex(await banner(port), /^SSH-2\.0-OpenSSH/, 'the former network is back');
    t.regex((await machine.shell('kronos-firstboot apply')).output, /host\/network-refused/);

    await putFile(machine, HOST_FILE, text(STATIC('10.0.2.2')));
    t.like(await statesOf(machine, 0), { network: 'finished' });
    t.regex(await say('ip -4 route show default'), /default via 10\.0\.2\.2 dev xenbr0/);
    t.regex(await banner(port), /^SSH-2\.0-OpenSSH/);
  },
);

/** How each step of another run ended. */
async function statesOf(machine: LiveMachine, code: number): Promise<Record<string, string>> {
  const run = await machine.shell('kronos-firstboot apply --json 2>/dev/null', 300);
  if (run.code !== code) throw new Error(`kronos-firstboot ended with ${run.code}: ${run.output}`);
  const lines = run.output.split(/\r*\n/).filter((line) => line.startsWith('{"time"'));
  const events = lines.map((line) => JSON.parse(line) as StepEvent);
  return Object.fromEntries(events.map(({ step, state }) => [step, state]));
}

/** A log server of this machine. */
async function listenForLogs(t: ExecutionContext) {
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  const seen: string[] = [];
  socket.on('message', (message) => seen.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const line = async (wanted: RegExp): Promise<string> => {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const found = seen.find((one) => wanted.test(one));
      if (found !== undefined) return found;
      await sleep(1000);
    }
    throw new Error(`no log line with ${wanted.source} came: ${seen.join('')}`);
  };
  return { port: socket.address().port, line };
}

/** What the SSH server says before anything is asked of it. */
async function banner(port: number): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const socket = connect({ host: '127.0.0.1', port, timeout: 20_000 });
    try {
      const [data] = (await once(socket, 'data', { signal: AbortSignal.timeout(20_000) })) as [
        Buffer,
      ];
      return data.toString();
    } catch (error) {
      if (attempt === 3) throw error;
    } finally {
      socket.destroy();
    }
  }
}
