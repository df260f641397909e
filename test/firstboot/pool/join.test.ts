import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { askCoordinator, joinPool, type JoinRequest } from '../../../src/firstboot/pool/join.ts';
import { pinnedDoor, socketDoor } from '../../../src/xenapi/door.ts';
import { makeCertificate } from '../../steps/servers.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab, type SimulatedHost } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';
import { settleHost } from '../../xapi-simulator/settle.ts';

const { signal } = new AbortController();

/** Seconds become milliseconds. */
const FASTER = 100;

function uuidOf({ xapi }: SimulatedHost): string {
  return xapi.database.get('host', xapi.host)['uuid'] as string;
}

/** A coordinator behind TLS and hosts with sockets, all after PIF.scan. */
async function makeLab(t: ExecutionContext, joiners: number) {
  const directory = await temporaryDirectory(t);
  const certificate = await makeCertificate(t);
  const lab = new Lab(FASTER);
  const make = async (name: string, address: string) => {
    const poolConf = join(directory, `${name}.conf`);
    await writeFile(poolConf, 'master');
    const nics = [{ device: 'eth0', mac: '52:54:00:00:00:01' }];
    const host = lab.add({ address, nics, poolConf, hostname: name, wrongPasswordDelay: 1 });
    const socket = await listen(host, 'unix', join(directory, name));
    t.teardown(socket.close);
    await settleHost(host, socketDoor(String(socket.at)), address);
    return { host, poolConf, door: socketDoor(String(socket.at)) };
  };
  const coordinator = await make('h1', '127.0.0.1');
  const https = await listen(coordinator.host, 'https', 0, certificate);
  t.teardown(https.close);
  const hosts: Awaited<ReturnType<typeof make>>[] = [];
  for (let index = 0; index < joiners; index++)
    hosts.push(await make(`h${index + 2}`, `10.0.0.${index + 2}`));
  const request = (index: number): JoinRequest => ({
    own: hosts[index]?.door ?? coordinator.door,
    uuid: uuidOf(hosts[index]?.host ?? coordinator.host),
    coordinator: pinnedDoor('127.0.0.1', certificate.fingerprint, Number(https.at)),
    ...{ address: '127.0.0.1', credential: { user: 'root', password: 'xenroot' }, signal },
    readRole: () => readFile(hosts[index]?.poolConf ?? '', 'utf8'),
    patience: { interval: 5, enabled: 30, coordinator: 1, ownStack: 5 },
  });
  return { coordinator, hosts, request, certificate };
}

function membersOf(host: SimulatedHost): unknown[] {
  return [...host.xapi.database.records('host').values()];
}

test('a host joins, and a second run finds it joined', async (t) => {
  const { coordinator, hosts, request } = await makeLab(t, 1);
  const waits = new Set<string>();
  const first = await joinPool({
    ...request(0),
    onWait: (what) => void waits.add(what),
  });
  t.is(first, 'joined');
  t.deepEqual([...waits], ['the pool to have the host in use']);
  t.is(membersOf(coordinator.host).length, 2);
  t.is(await readFile(hosts[0]?.poolConf ?? '', 'utf8'), 'slave:127.0.0.1');
  const second = await joinPool(request(0));
  t.is(second, 'member');
  t.is(hosts[0]?.host.joins, 1);
});

test('eight hosts join one coordinator at once', async (t) => {
  const { coordinator, hosts, request } = await makeLab(t, 8);
  const results = await Promise.all(hosts.map((_host, index) => joinPool(request(index))));
  t.true(results.every((result) => result === 'joined'));
  t.is(membersOf(coordinator.host).length, 9);
  for (const { host } of hosts) t.is(host.joins, 1);
});

test('everything that is in the way is told before pool.join is called', async (t) => {
  const { hosts, request } = await makeLab(t, 1);
  const database = hosts[0]?.host.xapi.database;
  database?.insert('Bond', {});
  database?.insert('SR', { name_label: 'nfs', type: 'nfs', shared: true });
  const error = await t.throwsAsync(joinPool(request(0)), { code: 'host/not-joinable' });
  t.regex(error.message, /CANNOT_CONTAIN_SHARED_SRS: .*nfs\n.*HOST_HAS_BONDS/);
  t.is(hosts[0]?.host.joins, 0);
});

test('a wrong password, another certificate and another pool are refused', async (t) => {
  const { hosts, request, certificate } = await makeLab(t, 1);
  const wrong = { ...request(0), credential: { user: 'root', password: 'no' } };
  await t.throwsAsync(joinPool(wrong), { code: 'input/pool-credential' });
  const [, port = ''] = /:(\d+)$/.exec(request(0).coordinator.name) ?? [];
  t.not(certificate.fingerprint, '0'.repeat(64));
  const stranger = {
    ...request(0),
    coordinator: pinnedDoor('127.0.0.1', '0'.repeat(64), Number(port)),
  };
  await t.throwsAsync(joinPool(stranger), { code: 'verification/fingerprint' });
  await writeFile(hosts[0]?.poolConf ?? '', 'slave:10.9.9.9');
  await t.throwsAsync(joinPool(request(0)), { code: 'host/other-pool' });
  t.is(hosts[0]?.host.joins, 0);
});

test('a member that is named leads to its coordinator, where the pin fits that one too', async (t) => {
  const { hosts, request, certificate } = await makeLab(t, 2);
  t.is(await joinPool(request(0)), 'joined');
  const first = hosts[0]?.host;
  if (first === undefined) throw new Error('there is no host');
  const https = await listen(first, 'https', 0, certificate);
  t.teardown(https.close);
  const member = pinnedDoor('127.0.0.1', certificate.fingerprint, Number(https.at));
  t.is(await askCoordinator(member, signal), '127.0.0.1');
  t.is(await askCoordinator(request(1).coordinator, signal), undefined);
  const named = { ...request(1), address: '10.0.0.2', coordinator: member };
  await t.throwsAsync(joinPool(named), { code: 'host/not-coordinator' });
  const strange = () => pinnedDoor('127.0.0.1', '0'.repeat(64), Number(https.at));
  await t.throwsAsync(joinPool({ ...named, openOther: strange }), { code: 'host/not-coordinator' });
  const { coordinator } = request(1);
  t.is(await joinPool({ ...named, openOther: () => coordinator }), 'joined');
  t.is(await readFile(hosts[1]?.poolConf ?? '', 'utf8'), 'slave:127.0.0.1');
});
