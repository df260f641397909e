// Whole first boots of hosts with xapi against simulated servers.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { formatError } from '../../../src/common/error.ts';
import { exists } from '../../../src/common/files.ts';
import { makeContext } from '../../../src/firstboot/context.ts';
import type { Installed } from '../../../src/firstboot/installed.ts';
import { readSecrets } from '../../../src/firstboot/secrets.ts';
import { xapiSteps } from '../../../src/firstboot/xapi/steps.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { runIndependent } from '../../../src/steps/run-independent.ts';
import { makeCertificate } from '../../steps/servers.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab, type SimulatedHost } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';
import { NOTHING } from '../../xapi-simulator/storage.ts';

const { signal } = new AbortController();

const MACS = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];

/** What happens to one request: it is not heard, its answer is lost, or it is refused. */
type Fault = 'unheard' | 'lost' | 'refused';

interface Host {
  told: string[];
  host: SimulatedHost;
  /** The request with this number, counted over both ways into servers, is treated like that. */
  fault: { at: number; kind: Fault };
  requests: () => number;
  run: () => Promise<Record<string, string>>;
  directory: string;
}

async function makeLab(t: ExecutionContext, faster = 100) {
  const lab = new Lab(faster);
  let count = 0;
  const fault: Host['fault'] = { at: Infinity, kind: 'lost' };
  const faulty = (host: SimulatedHost) => ({
    answer: async (...[heard, via]: Parameters<SimulatedHost['answer']>) => {
      count += 1;
      if (count !== fault.at) return host.answer(heard, via);
      if (fault.kind === 'refused') return heard.answer({ error: ['INTERNAL_ERROR', 'injected'] });
      if (fault.kind === 'lost') await host.answer(heard, via);
      return 'refused' as const;
    },
  });
  const certificate = await makeCertificate(t);
  const add = async (
    name: string,
    address: string,
    ip: string,
    more: readonly string[],
    password?: string,
  ): Promise<Host> => {
    const directory = await temporaryDirectory(t);
    const path = (file: string): string => join(directory, file);
    const nics = MACS.map((mac, index) => ({ device: `eth${index}`, mac }));
    const world = { ...NOTHING, nfsServers: new Set(['nas']) };
    await writeFile(path('pool.conf'), 'master');
    const host = lab.add({
      address,
      nics,
      world,
      poolConf: path('pool.conf'),
      wrongPasswordDelay: 1,
    });
    const uuid = host.xapi.database.get('host', host.xapi.host)['uuid'] as string;
    await writeFile(path('inventory'), `INSTALLATION_UUID='${uuid}'\n`);
    if (password !== undefined)
      await writeFile(
        path('secrets.json'),
        JSON.stringify({ format: 'kronos-secrets', pool: password }),
      );
    const socket = await listen(faulty(host), 'unix', path('xapi'));
    t.teardown(socket.close);
    const text = [
      ...['version: 1', `hostname: ${name}`, 'root: { passwordHash: "!" }', 'toolstack: xapi'],
      ...['disks: { system: { match: { serial: S1 } } }', 'network:', '  management:'],
      ...[
        '    interface: { match: { driver: ixgbe }, count: 2 }',
        '    bond: { mode: active-backup }',
      ],
      `    ipv4: { mode: static, address: ${ip}/24 }`,
      ...['  networks:', '    - { name: guests, vlan: 30 }'],
      ...['storage:', '  - { type: nfs, name: shared, server: nas, path: /xen, default: true }'],
      ...more,
    ].join('\n');
    const told: string[] = [];
    const run = async (): Promise<Record<string, string>> => {
      const { hostFile } = await parseHostFile(text, 'host.yaml', { toolstack: 'xapi' });
      const installed = {
        disks: { networks: [{ name: 'management', interfaces: MACS.map((mac) => ({ mac })) }] },
      } as unknown as Installed;
      const secrets = await readSecrets(path('secrets.json'));
      const context = {
        ...makeContext(hostFile, installed, { toolstack: 'xapi', secrets, signal }),
        places: {
          ...{ inventory: path('inventory'), role: path('pool.conf'), socket: path('xapi') },
          ...{ secrets: path('secrets.json'), port: Number(https.at), patience: { interval: 10 } },
        },
      };
      const outcomes = await runIndependent(xapiSteps(hostFile), context, {
        ...{ stage: 'firstboot', sink: () => undefined, signal },
      });
      for (const { step, error } of outcomes)
        if (error !== undefined) told.push(`${step}: ${formatError(error)}`);
      return Object.fromEntries(outcomes.map(({ step, state }) => [step, state]));
    };
    const requests = (): number => count;
    return { told, host, run, directory, fault, requests };
  };
  let https: Awaited<ReturnType<typeof listen>> = { at: 0, close: () => Promise.resolve() };
  const coordinator = await add('xen01', '127.0.0.1', '127.0.0.1', [
    'pool: { role: coordinator, name: rack }',
  ]);
  https = await listen(faulty(coordinator.host), 'https', 0, certificate);
  t.teardown(https.close);
  const member = (name: string, address: string, password = 'xenroot') =>
    add(
      ...([name, address, address] as const),
      [
        'pool:',
        '  role: member',
        '  coordinator: 127.0.0.1',
        `  fingerprint: "${certificate.fingerprint}"`,
        '  credential: { password: { prompt: gone } }',
      ],
      password,
    );
  return { coordinator, member };
}

test('the first host makes the pool, and its second run makes no write', async (t) => {
  const { coordinator } = await makeLab(t);
  t.deepEqual(await coordinator.run(), {
    ...{ toolstack: 'done', network: 'done', settings: 'done', 'storage-shared': 'done' },
  });
  const { xapi } = coordinator.host;
  t.like(xapi.database.get('pool', xapi.pool), {
    name_label: 'rack',
    tls_verification_enabled: true,
  });
  t.is(xapi.database.records('Bond').size, 1);
  const [sr] =
    [...xapi.database.records('SR').entries()].find(([, one]) => one['type'] === 'nfs') ?? [];
  t.is(xapi.database.get('pool', xapi.pool)['default_SR'], sr);
  const before = xapi.writes;
  t.deepEqual(await coordinator.run(), {
    ...{
      toolstack: 'done',
      network: 'unchanged',
      settings: 'unchanged',
      'storage-shared': 'unchanged',
    },
  });
  t.is(xapi.writes, before);
});

test('the next host joins unattended, and the password is gone', async (t) => {
  const { coordinator, member } = await makeLab(t);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  const first = await second.run();
  t.like(first, { toolstack: 'done', network: 'done', settings: 'done', pool: 'done' });
  // The pool's own bond, VLAN and repository are there already; the address of the bond is this host's.
  t.like(first, { 'storage-shared': 'unchanged' });
  t.is(await readFile(join(second.directory, 'pool.conf'), 'utf8'), 'slave:127.0.0.1');
  t.false(await exists(join(second.directory, 'secrets.json')));
  const hosts = [...coordinator.host.xapi.database.records('host').values()];
  t.deepEqual(
    hosts.map((host) => host['enabled']),
    [true, true],
  );
  const { xapi } = coordinator.host;
  const { database } = xapi;
  t.is(database.records('Bond').size, 2);
  t.is(database.records('VLAN').size, 2);
  t.is([...database.records('SR').values()].filter((sr) => sr['type'] === 'nfs').length, 1);
  const { writes } = xapi;
  const states = new Set(Object.values(await second.run()));
  t.deepEqual([...states].sort(), ['done', 'unchanged']);
  t.is(xapi.writes, writes, 'a second run of a member makes no write');
});

test('a wrong password is told and kept, so that it can be mended; the network is there', async (t) => {
  const { coordinator, member } = await makeLab(t);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2', 'wrong');
  t.like(await second.run(), { network: 'done', pool: 'failed', 'pool-networks': 'blocked' });
  t.is(second.host.joins, 0);
  t.true(await exists(join(second.directory, 'secrets.json')));
});

for (const kind of ['lost', 'unheard', 'refused'] as const) {
  test(`whichever request of a join is ${kind}, the next run ends in one member`, async (t) => {
    const whole = await joinOnce(t);
    const started = whole.before;
    // Of every request of the whole way the first of a few, so that all of it is covered in bounded time.
    const step = FULL ? 1 : 3;
    for (let at = started + 1; at <= whole.after; at += step) {
      const { second, coordinator } = await joinOnce(t, { at, kind });
      second.fault.at = Infinity;
      let states = await second.run();
      // A server that is in the middle of its restart.
      for (let again = 0; again < 3 && hasFailed(states); again += 1) states = await second.run();
      const about = `request ${at - started}: ${JSON.stringify(states)}`;
      t.false(hasFailed(states), about);
      const { database } = coordinator.host.xapi;
      t.is(second.host.joins, 1, about);
      t.is(database.records('host').size, 2, about);
      t.is(database.records('Bond').size, 2, about);
      t.is(database.records('VLAN').size, 2, about);
      t.is(
        [...database.records('SR').values()].filter((sr) => sr['type'] === 'nfs').length,
        1,
        about,
      );
      t.false(await exists(join(second.directory, 'secrets.json')), about);
    }
  });
}

const FULL = process.env['KRONOS_VM_MATRIX'] === 'full';

function hasFailed(states: Readonly<Record<string, string>>): boolean {
  return Object.values(states).some((state) => state === 'failed' || state === 'blocked');
}

async function joinOnce(
  t: ExecutionContext,
  fault: Host['fault'] = { at: Infinity, kind: 'lost' },
) {
  const { coordinator, member } = await makeLab(t, 2000);
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  const before = second.requests();
  Object.assign(second.fault, fault);
  await second.run();
  return { coordinator, second, before, after: second.requests() };
}
