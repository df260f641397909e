// A client that nobody here wrote: fence_xenapi of Debian's fence-agents, by which clusters end virtual machines.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findProgram } from '../../src/builder/host-programs.ts';
import { run } from '../../src/common/process.ts';
import { socketDoor } from '../../src/xenapi/door.ts';
import { LOCAL, openSession } from '../../src/xenapi/session.ts';
import { makeCertificate } from '../steps/servers.ts';
import { temporaryDirectory } from '../temporary.ts';
import { Lab, type SimulatedHost } from './lab.ts';
import { addMachine } from './machines.ts';
import { text } from './messages.ts';
import { listen } from './server.ts';

/** Exit codes of fence agents; 2 is no failure where the status is asked. */
const FAILED = 1;
const OFF = 2;

/** What is asked of the program, by the names that it has on standard input. */
type Request = Readonly<Record<string, string>>;

/** A pool of two, and a way to ask either through the real program. */
async function makePool(t: ExecutionContext) {
  const directory = await temporaryDirectory(t);
  const certificate = await makeCertificate(t, { address: '127.0.0.1' });
  await writeFile(join(directory, 'certificate'), certificate.cert);
  const lab = new Lab(2000);
  const add = async (address: string) => {
    const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
    const host = lab.add({ address, nics, wrongPasswordDelay: 1, hostname: address });
    const { at, close } = await listen(host, 'https', 0, certificate);
    t.teardown(close);
    return { host, url: `https://127.0.0.1:${at}/` };
  };
  const [coordinator, member] = [await add('10.0.0.1'), await add('10.0.0.2')];
  const program = await findProgram('fence_xenapi');
  if (program === undefined) throw new Error('fence_xenapi is missing: npm test installs it');
  const ask = async (request: Request, trusted = true) => {
    const given = { session_url: coordinator.url, username: 'root', password: 'xenroot' };
    const lines = Object.entries({ ...given, ...request }).map(([key, value]) => `${key}=${value}`);
    const { exitCode, stdout, stderr } = await run([program], {
      input: `${lines.join('\n')}\n`,
      environment: trusted ? { SSL_CERT_FILE: join(directory, 'certificate') } : {},
      ...{ extendEnvironment: true, timeoutSeconds: 60 },
      accept: [0, FAILED, OFF],
    });
    return { exitCode, stdout, all: `${stdout}\n${stderr}` };
  };
  return { coordinator, member, ask, directory };
}

function machine({ xapi }: SimulatedHost, name: string, values = {}) {
  const ref = addMachine(xapi, { name_label: name, memory_static_max: 2 ** 30, ...values });
  return xapi.database.get('VM', ref);
}

test('status, on, off and reboot by name and by uuid', async (t) => {
  const { coordinator, ask } = await makePool(t);
  const { host } = coordinator;
  const vm = machine(host, 'web');
  const uuid = text(vm['uuid']);
  t.is((await ask({ action: 'status', plug: 'web' })).exitCode, OFF);
  const on = await ask({ action: 'on', plug: 'web' });
  t.deepEqual([on.exitCode, on.stdout], [0, 'Success: Powered ON']);
  t.like(vm, { power_state: 'Running', resident_on: host.xapi.host });
  const status = await ask({ action: 'status', plug: uuid });
  t.deepEqual([status.exitCode, status.stdout], [0, 'Status: ON']);
  const { writes } = host.xapi;
  const again = await ask({ action: 'on', plug: uuid });
  t.deepEqual([again.exitCode, again.stdout], [0, 'Success: Already ON']);
  t.is(host.xapi.writes, writes);
  const domain = vm['domid'];
  const reboot = await ask({ action: 'reboot', plug: 'web' });
  t.deepEqual([reboot.exitCode, reboot.stdout], [0, 'Success: Rebooted']);
  t.is(vm['power_state'], 'Running');
  t.not(vm['domid'], domain);
  const off = await ask({ action: 'off', plug: uuid });
  t.deepEqual([off.exitCode, off.stdout], [0, 'Success: Powered OFF']);
  t.like(vm, { power_state: 'Halted', domid: -1 });
});

test('the list has machines, neither templates nor control domains', async (t) => {
  const { coordinator, ask } = await makePool(t);
  const web = machine(coordinator.host, 'web & <db>');
  machine(coordinator.host, 'template', { is_a_template: true });
  const list = await ask({ action: 'list' });
  t.deepEqual([list.exitCode, list.stdout], [0, `${text(web['uuid'])},web & <db>`]);
  const own = await ask({ action: 'off', plug: 'Control domain on host: 10.0.0.1' });
  t.is(own.exitCode, FAILED);
  t.regex(own.all, /Unable to obtain correct plug status/);
});

test('what is refused is told in the words of the server', async (t) => {
  const { coordinator, ask } = await makePool(t);
  const { host } = coordinator;
  const nobody = await ask({ action: 'off', plug: '00000000-0000-4000-8000-000000000000' });
  t.is(nobody.exitCode, FAILED);
  t.regex(nobody.all, /'UUID_INVALID', 'VM', '00000000-0000-4000-8000-000000000000'/);
  const large = machine(host, 'large', { memory_static_max: 2 ** 50 });
  const full = await ask({ action: 'on', plug: 'large', power_timeout: '1' });
  t.is(full.exitCode, FAILED);
  t.regex(full.all, /\['NO_HOSTS_AVAILABLE'\]/);
  t.is(large['power_state'], 'Halted');
});

test('a wrong password is refused, and to a certificate that is not trusted none is sent', async (t) => {
  const { coordinator, ask } = await makePool(t);
  const heard: unknown[] = [];
  const { host } = coordinator;
  const answer = host.answer.bind(host);
  host.answer = (call, via) => {
    heard.push(call.params[1]);
    return answer(call, via);
  };
  const wrong = await ask({ action: 'status', plug: 'web', password: 'wrong' });
  t.is(wrong.exitCode, FAILED);
  t.regex(wrong.all, /\['SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'\]/);
  t.deepEqual(heard, ['wrong']);
  const stranger = await ask({ action: 'status', plug: 'web' }, false);
  t.is(stranger.exitCode, FAILED);
  t.regex(stranger.all, /certificate verify failed/i);
  t.deepEqual(heard, ['wrong']);
});

test('a member names its coordinator, which has the machines of the member', async (t) => {
  const { coordinator, member, ask, directory } = await makePool(t);
  const vm = machine(member.host, 'web');
  const socket = await listen(member.host, 'unix', join(directory, 'xapi'));
  t.teardown(socket.close);
  const session = await openSession(
    socketDoor(String(socket.at)),
    LOCAL,
    new AbortController().signal,
  );
  await session.call('PIF.scan', [member.host.xapi.host]);
  const [pif = ''] = await session.call<string[]>('PIF.get_all');
  await session.call('PIF.reconfigure_ip', [pif, 'DHCP', '', '', '', '']);
  await session.call('host.management_reconfigure', [pif]);
  await session.call('pool.join', ['10.0.0.1', 'root', 'xenroot']);
  while (member.host.state !== 'member') await new Promise((resolve) => setTimeout(resolve, 5));
  const request = { action: 'on', plug: text(vm['uuid']) };
  const refused = await ask({ ...request, session_url: member.url });
  t.is(refused.exitCode, FAILED);
  t.regex(refused.all, /\['HOST_IS_SLAVE', '10\.0\.0\.1'\]/);
  const on = await ask(request);
  t.deepEqual([on.exitCode, on.stdout], [0, 'Success: Powered ON']);
  const { database } = coordinator.host.xapi;
  const machines = [...database.records('VM').values()];
  t.like(
    machines.find(({ uuid }) => uuid === vm['uuid']),
    { power_state: 'Running' },
  );
});
