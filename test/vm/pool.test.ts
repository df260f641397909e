// Two machines from one ISO and two host files: the first makes the pool, the second joins it unattended. The toolstack is the
// simulator, packaged as an origin; everything else is real.
import test, { type ExecutionContext } from 'ava';
import { run } from '../../src/common/process.ts';
import { temporaryDirectory } from '../temporary.ts';
import { hostText } from './host-text.ts';
import { installHost, startHost } from './installed.ts';
import { keepLive, type Live, type LiveMachine } from './live.ts';
import { FULL } from './media.ts';
import { fingerprintOf, listPoolHosts } from './pool-hosts.ts';
import { freePort } from './ports.ts';
import { makeSimulatorRelease } from './simulator-release.ts';

/** Both machines have a network of their own; each sees this machine, and its forwards, at this address. */
const OUTSIDE = '10.0.2.2';

/** Where xapi is, always. */
const PORT = 443;

/** Password of the simulator, and so what must not be found afterwards. */
const PASSWORD = 'xenroot';

const longTest = FULL ? test : test.skip;

longTest('the first host makes the pool, the second joins it unattended', async (t) => {
  t.timeout(40 * 60 * 1000);
  const directory = await temporaryDirectory(t);
  const live = await keepLive(await makeIso(directory), directory);

  const first = await installAndBoot(t, directory, live, 'xen01', PORT, [
    'pool: { role: coordinator, name: rack }',
  ]);
  t.regex((await first.shell('kronos-firstboot status --watch', 900)).output, /host is ready/);
  t.regex((await first.shell('ovs-vsctl list-ports xenbr0')).output, /^eth0\s*$/m);
  const addresses = (await first.shell('ip -brief -4 address show')).output;
  t.regex(addresses, /xenbr0 .*10\.0\.2\.15/);
  t.notRegex(addresses, /eth0 .*10\.0\.2\.15/, 'xcp-networkd alone manages the card');
  const fingerprint = await fingerprintOf('127.0.0.1', PORT);

  const port = await freePort();
  const second = await installAndBoot(t, directory, live, 'xen02', port, [
    'pool:',
    '  role: member',
    `  coordinator: ${OUTSIDE}`,
    `  fingerprint: "${fingerprint}"`,
    `  credential: { password: ${PASSWORD} }`,
  ]);
  t.regex((await second.shell('kronos-firstboot status --watch', 1200)).output, /host is ready/);

  const hosts = await listPoolHosts({
    ...{ address: '127.0.0.1', port: PORT, password: PASSWORD, fingerprint },
  });
  t.deepEqual(hosts, ['xen01 enabled', 'xen02 enabled']);
  const { output } = await second.shell('cat /etc/xensource/pool.conf');
  t.regex(output, new RegExp(`slave:${OUTSIDE}`));
  // What is typed is echoed, so the word is put together by the shell.
  const search = 'grep -rls "xen""root" /etc/kronos /var/lib/kronos /var/log /var/lib/kronos/state';
  t.is((await second.shell(search, 300)).code, 1, 'the password is nowhere');
});

/** An ISO with the simulator as its toolstack. */
async function makeIso(directory: string): Promise<string> {
  const release = await makeSimulatorRelease(directory);
  const { stdout } = await run(['find', release, '-maxdepth', '1', '-name', '*.iso']);
  return stdout.trim();
}

async function installAndBoot(
  t: ExecutionContext,
  directory: string,
  live: Live,
  name: string,
  port: number,
  pool: readonly string[],
): Promise<LiveMachine> {
  const disk = await installHost({
    ...{ name: `${t.title}, ${name}`, directory, disk: name, live },
    hostFile: hostText({
      ...{ hostname: name, login: true, selftest: false },
      more: ['toolstack: xapi', ...pool],
    }),
  });
  const machine = await startHost({
    ...{ name: `${t.title}, ${name}`, disk, entry: 'xen', hostname: name },
    nics: [{ model: 'e1000', link: { type: 'user', forwards: [{ host: port, guest: PORT }] } }],
  });
  t.teardown(machine.stop);
  return machine;
}
