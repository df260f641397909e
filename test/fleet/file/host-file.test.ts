// What is handed out to a machine.
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { composeHostFile } from '../../../src/fleet/file/host-file.ts';
import { readFleetFile } from '../../../src/fleet/file/read.ts';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

const REPORT = {
  url: 'https://192.0.2.1:8443/v1/events',
  fingerprint: 'ab'.repeat(32),
  token: 'NTI6NTQ.${mac}',
};
const COORDINATOR = { address: '192.0.2.11', fingerprint: 'cd'.repeat(32) };

/** A secret with all that YAML and variables could stumble over. */
const SECRET = `a\${b}"c': #é`;

const TEXT = `version: 1
name: rack-7
host:
  include: [site.yaml]
  root: { passwordHash: "!!", sshKeys: [] }
  disks: { system: { match: {}, existing: erase } }
  variables: { site: fra }
groups:
  storage:
    host:
      storage:
        - type: iscsi
          name: san
          targets: [{ address: 10.0.0.3 }]
          iqn: iqn.2020-01.net.example:san
          chap: { user: "\${site}", password: { file: "chap-\${serial}" } }
hosts:
  xen01: { mac: "52:54:00:AB:00:01", rack: r7/1 }
  xen02: { mac: "52:54:00:ab:00:02", groups: [storage], host: { timezone: null } }
  alone: { order: 1, host: { network: { management: { vlan: 20 } } } }
pools:
  blue:
    coordinator: xen01
    hosts: [xen02, xen01]
    credential: { password: { file: pool.secret } }
`;

async function open(t: ExecutionContext, text = TEXT): Promise<Fleet> {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, {
    'fleet.yaml': text,
    'site.yaml': 'timezone: Europe/Berlin\nnetwork: { management: { interface: { match: {} } } }\n',
    'pool.secret': `${SECRET}\n`,
    'chap-S1': 'hunter2\n',
  });
  return (await readFleetFile(join(directory, 'fleet.yaml'))).fleet;
}

test('a coordinator founds its pool, and reports to the fleet', async (t) => {
  const text = await composeHostFile(await open(t), 'xen01', { report: REPORT });
  const { hostFile, warnings } = await parseHostFile(text, 'xen01.yaml');
  t.deepEqual(hostFile.pool, { role: 'coordinator', name: 'blue' });
  t.deepEqual(hostFile.report, REPORT);
  t.like(hostFile, {
    ...{ hostname: 'xen01', toolstack: 'xapi', timezone: 'Europe/Berlin', include: [] },
  });
  t.deepEqual(warnings, []);
});

test('a member gets the coordinator, its certificate and the password, whatever is in it', async (t) => {
  const fleet = await open(t);
  const facts = { serial: 'S1', mac: '52:54:00:ab:00:02' };
  const text = await composeHostFile(fleet, 'xen02', { facts, report: REPORT, pool: COORDINATOR });
  const { hostFile } = await parseHostFile(text, 'xen02.yaml', { facts });
  t.deepEqual(hostFile.pool, {
    role: 'member',
    coordinator: COORDINATOR.address,
    fingerprint: COORDINATOR.fingerprint,
    credential: { user: 'root', password: SECRET },
  });
  t.like(hostFile.storage[0], { chap: { user: 'fra', password: 'hunter2' } });
  t.is(hostFile.timezone, 'Etc/UTC');
});

test('a host without a pool', async (t) => {
  const text = await composeHostFile(await open(t), 'alone', { report: REPORT });
  const { hostFile } = await parseHostFile(text, 'alone.yaml');
  t.is(hostFile.pool, undefined);
  t.is(hostFile.toolstack, undefined);
  t.is(hostFile.network.management.vlan, 20);
});

test('nothing is handed out where a secret, a fact or the host is not there', async (t) => {
  const fleet = await open(t);
  const compose = (host: string, facts?: { serial?: string }): Promise<string> =>
    composeHostFile(fleet, host, { facts, report: REPORT, pool: COORDINATOR });
  const secret = await t.throwsAsync(compose('xen02', { serial: 'S2' }));
  t.like(secret, { code: 'input/secret-file', location: { line: 16 } });
  t.like(await t.throwsAsync(compose('xen02', {})), { code: 'host/no-such-fact' });
  t.like(await t.throwsAsync(compose('xen03')), {
    code: 'input/no-such-host',
    hint: 'did you mean xen01?',
  });
});

test('a member without its coordinator, or a coordinator with one, is a defect', async (t) => {
  const fleet = await open(t);
  const facts = { serial: 'S1' };
  await t.throwsAsync(composeHostFile(fleet, 'xen02', { facts, report: REPORT }), {
    instanceOf: TypeError,
  });
  await t.throwsAsync(composeHostFile(fleet, 'xen01', { report: REPORT, pool: COORDINATOR }), {
    instanceOf: TypeError,
  });
});
