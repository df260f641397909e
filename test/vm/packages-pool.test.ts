// Two plain Debians become one pool by packages: each gets xcp-xapi by apt, and a few lines in its host file. The toolstack is the
// simulator under upstream's names.
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeSimulatorPackages } from '../xapi-simulator/guest/package.ts';
import { temporaryDirectory } from '../temporary.ts';
import { readState, type HostState, type Justified } from './host-state.ts';
import { FULL } from './media.ts';
import {
  expectBefore,
  expectXenHost,
  installHost,
  OPERATED_TIMEOUT,
  purgeHost,
  startOperated,
} from './operated.ts';
import { fingerprintOf, listPoolHosts } from './pool-hosts.ts';
import { PLAIN_NAME } from './plain-debian.ts';
import type { PlainMachine } from './plain-machine.ts';
import { freePort } from './ports.ts';

const HOST_FILE = '/etc/kronos/host.yaml';

/** Each machine has a network of its own; both see this machine, and its forwards, at this address. */
const OUTSIDE = '10.0.2.2';

/** Where their ports are forwarded to. */
const HERE = '127.0.0.1';

/** Password of the simulator, and so what must not be found afterwards. */
const PASSWORD = 'xenroot';

/** Where xapi is, always. */
const PORT = 443;

/** What a toolstack that is no longer there leaves. */
const LEAVES: readonly Justified[] = [
  {
    ...{ section: 'etc', line: /^\/etc\/(?:passwd|shadow|group|gshadow):stunnel4:/ },
    why: 'Debian never removes the accounts of daemons',
  },
  {
    ...{ section: 'etc', line: /^\/etc\/xensource(?:$|[ :]|\/xapi-ssl\.pem)/ },
    why: "the certificate is the toolstack's own: whoever installs it again is known by it",
  },
  {
    ...{ section: 'files', line: /^\/var\/lib\/xcp(?:$|\/)/ },
    why: 'the database of a pool is data of the operator',
  },
  {
    ...{ section: 'files', line: /^\/opt$/ },
    why: 'no package of Debian has it: dpkg takes it along with the last one that has something in it',
  },
];

const longTest = FULL ? test : test.skip;

longTest(
  'two Debians become a pool by packages, and one of them what it was without them',
  async (t) => {
    t.timeout(2 * OPERATED_TIMEOUT);
    const packages = join(await temporaryDirectory(t), 'simulator');
    await makeSimulatorPackages(packages);

    const first = await start(t, packages, PLAIN_NAME, PORT, [
      'pool: { role: coordinator, name: rack }',
    ]);
    const fingerprint = await fingerprintOf(HERE, PORT);
    const second = await start(t, packages, 'xen02', await freePort(), [
      ...[
        'pool:',
        '  role: member',
        `  coordinator: ${OUTSIDE}`,
        `  fingerprint: "${fingerprint}"`,
      ],
      `  credential: { password: ${PASSWORD} }`,
    ]);
    const hosts = await listPoolHosts({
      ...{ address: HERE, port: PORT, password: PASSWORD, fingerprint },
    });
    t.deepEqual(hosts, [`${PLAIN_NAME} enabled`, 'xen02 enabled']);
    const { ssh } = second.machine;
    t.regex(await ssh.say('cat /etc/xensource/pool.conf'), new RegExp(`slave:${OUTSIDE}`));
    t.regex(await ssh.say(`cat ${HOST_FILE}`), /password of the pool \(removed\)/);
    const search = 'grep -rls xenroot /etc /var/lib/kronos /var/log';
    t.is((await ssh.run(search)).exitCode, 1, 'the password is nowhere');

    await purgeHost(t, first.machine.ssh, 'xcp-xapi');
    await first.machine.restart();
    await expectBefore(t, first.machine.ssh, first.before, LEAVES);
  },
);

/** A host by packages with these lines in its host file, ready. */
async function start(
  t: ExecutionContext,
  packages: string,
  hostname: string,
  port: number,
  pool: readonly string[],
): Promise<{ machine: PlainMachine; before: HostState }> {
  const name = `${t.title}, ${hostname}`;
  const forwards = [{ host: port, guest: PORT }];
  const plain = { suite: 'trixie', network: 'static' } as const;
  const machine = await startOperated(t, plain, { packages: [packages], forwards, name });
  const { ssh } = machine;
  const before = await readState(ssh);
  await installHost(t, ssh, before, 'xcp-xapi');
  const text = (await ssh.say(`cat ${HOST_FILE}`)).replace(
    /^hostname: .*/m,
    `hostname: ${hostname}`,
  );
  await ssh.put(HOST_FILE, `${text.trimEnd()}\n${pool.join('\n')}\n`);
  t.log(await ssh.say('kronos-firstboot plan'));
  await machine.restart();
  t.regex(await ssh.say('kronos-firstboot status --watch', 1200), /host is ready/);
  await expectXenHost(t, ssh, before);
  return { machine, before };
}
