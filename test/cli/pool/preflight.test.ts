// `kronos pool preflight` against simulated servers behind TLS.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createCommand } from '../../../src/cli/pool.ts';
import { parseHost } from '../../../src/cli/pool/preflight.ts';
import type { Outcome, Runner } from '../../../src/cli/session.ts';
import { makeCertificate } from '../../steps/servers.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab, type SimulatedHost } from '../../xapi-simulator/lab.ts';
import { addMachine } from '../../xapi-simulator/machines.ts';
import { listen } from '../../xapi-simulator/server.ts';

async function call(...argv: string[]): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const run: Runner = async (_options, work) => {
    outcome = await work({
      ...{ signal: new AbortController().signal, json: false, verbose: false },
      show: () => Promise.reject(new Error('nothing is shown')),
    });
  };
  const command = createCommand(run).exitOverride();
  for (const inner of command.commands) inner.exitOverride();
  await command.parseAsync(argv, { from: 'user' });
  return outcome ?? { json: undefined, text: '' };
}

async function makeHosts(t: ExecutionContext, count: number) {
  const certificate = await makeCertificate(t);
  const lab = new Lab(1000);
  const hosts: { host: SimulatedHost; name: string; close: () => Promise<void> }[] = [];
  for (let index = 1; index <= count; index += 1) {
    const address = `10.0.0.${index}`;
    const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
    const host = lab.add({ address, nics, wrongPasswordDelay: 1 });
    const { database } = host.xapi;
    database.insert('PIF', { host: host.xapi.host, device: 'eth0', management: true, VLAN: -1 });
    const { at, close } = await listen(host, 'https', 0, certificate);
    t.teardown(close);
    hosts.push({ host, close, name: `127.0.0.1:${at}=${certificate.fingerprint}` });
  }
  const file = join(await temporaryDirectory(t), 'password');
  await writeFile(file, 'xenroot\n');
  return { hosts, names: hosts.map(({ name }) => name), file };
}

test('every host is asked, and everything in the way is told at once', async (t) => {
  const { hosts, names, file } = await makeHosts(t, 4);
  hosts[2]?.host.xapi.database.insert('SR', { name_label: 'nfs', type: 'nfs', shared: true });
  hosts[2]?.host.xapi.database.insert('Bond', {});
  await hosts[3]?.close();
  const outcome = await call('preflight', ...names, '--password-file', file);
  t.is(outcome.exitCode, 5);
  t.regex(outcome.text, /^127\.0\.0\.1 can join\n127\.0\.0\.1 cannot join\n/);
  t.regex(outcome.text, /JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS: .*\n {4}-> /);
  t.regex(outcome.text, /POOL_JOINING_HOST_HAS_BONDS/);
  t.regex(outcome.text, /could not be asked\n {2}127\.0\.0\.1 gives no answer/);
  const good = await call('preflight', ...names.slice(0, 2), '--password-file', file);
  t.is(good.exitCode, undefined);
  t.like(good.json, { hosts: [{ state: 'can-join', obstacles: [] }] });
});

test('a host with ten obstacles: each is told once, with what to do', async (t) => {
  const { hosts, names, file } = await makeHosts(t, 2);
  const xapi = hosts[1]?.host.xapi;
  if (xapi === undefined) throw new Error('there is no host');
  const { database, host } = xapi;
  addMachine(xapi, { name_label: 'web', power_state: 'Running' });
  addMachine(xapi, { name_label: 'busy', current_operations: { x: 'export' } });
  database.insert('SR', { name_label: 'nfs', type: 'nfs', shared: true });
  database.insert('Bond', {});
  database.insert('PIF', { device: 'eth0', VLAN: 30, VLAN_master_of: 'OpaqueRef:v' });
  Object.assign(database.get('pool', xapi.pool), {
    ...{ ha_enabled: true, tls_verification_enabled: true },
  });
  Object.assign(database.get('host', host), {
    ...{ edition: 'free', pending_guidances: ['reboot_host'], API_version_minor: 1 },
  });
  const { json, exitCode, text } = await call('preflight', ...names, '--password-file', file);
  t.is(exitCode, 5);
  const [found] = (json as { hosts: { obstacles: { code: string; hint: string }[] }[] }).hosts;
  t.deepEqual(
    found?.obstacles.map(({ code }) => code),
    [
      ...['HA_IS_ENABLED', 'JOINING_HOST_CANNOT_HAVE_RUNNING_VMS'],
      'JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS',
      ...['HOST_PENDING_MANDATORY_GUIDANCE', 'JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS'],
      ...['POOL_JOINING_HOST_HAS_BONDS', 'POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS'],
      ...['LICENSE_HOST_POOL_MISMATCH', 'POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION'],
      'POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH',
    ],
  );
  for (const { code, hint } of found?.obstacles ?? []) {
    t.is(text.split(`${code}: `).length, 2, code);
    t.true(text.includes(`    -> ${hint}`), hint);
  }
});

test('a wrong password and another certificate end the run', async (t) => {
  const { names, file } = await makeHosts(t, 2);
  await writeFile(file, 'wrong');
  await t.throwsAsync(call('preflight', ...names, '--password-file', file), {
    code: 'input/pool-credential',
  });
  const [first = '', second = ''] = names;
  const other = first.replace(/=.*/, `=${'ab'.repeat(32)}`);
  await t.throwsAsync(call('preflight', other, second, '--password-file', file), {
    code: 'verification/fingerprint',
  });
});

test('hosts are named with their fingerprints', (t) => {
  const fingerprint = 'ab'.repeat(32);
  t.deepEqual(parseHost(`xen01.example.net=${fingerprint}`), {
    address: 'xen01.example.net',
    fingerprint,
  });
  t.deepEqual(parseHost(`[2001:db8::1]:8443=${fingerprint.replaceAll('ab', 'AB:').slice(0, -1)}`), {
    ...{ address: '2001:db8::1', port: 8443, fingerprint },
  });
  for (const text of ['xen01', 'xen01=abc', `=${fingerprint}`, `2001:db8::1=${fingerprint}`])
    t.throws(() => parseHost(text), { code: 'input/wrong-value' }, text);
});
