// What a first boot does around a join: to whom it talks, and what it makes before and after.
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { exists } from '../../../src/common/files.ts';
import { makeCertificate } from '../../steps/servers.ts';
import { text } from '../../xapi-simulator/messages.ts';
import { hasFailed, makePoolLab } from './pool-lab.ts';
import { runBoot } from './run-steps.ts';

test('to somebody else at the address of the coordinator not a byte goes, and no join is begun', async (t) => {
  const { coordinator, member } = await makePoolLab(t);
  await coordinator.run();
  const heard: Buffer[] = [];
  let met = 0;
  const stranger = createServer(await makeCertificate(t), (socket) => {
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => undefined);
  });
  // The host leaves as soon as it has seen the certificate.
  stranger.on('connection', () => (met += 1));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  t.teardown(() => stranger.close());
  const second = await member('xen02', '10.0.0.2');
  const boot = second.boot();
  const { port } = stranger.address() as AddressInfo;
  const told: string[] = [];
  const states = await runBoot({ ...boot, places: { ...boot.places, port } }, (failure) =>
    told.push(failure),
  );
  t.like(states, { network: 'done', pool: 'failed', 'pool-networks': 'blocked' });
  t.regex(told.join('\n'), /verification\/fingerprint/);
  t.true(met > 0, 'the stranger was met');
  t.is(Buffer.concat(heard).toString(), '');
  t.is(second.host.joins, 0);
  t.false(second.heard.includes('Async.pool.join'));
  t.true(await exists(join(second.directory, 'secrets.json')), 'kept for the next run');
  // The right one is there again.
  t.false(hasFailed(await second.run()));
});

test('bonds and VLANs of a host file that joins are made after the join, where the pool has none', async (t) => {
  const { coordinator, member } = await makePoolLab(t, 100, { plain: true });
  await coordinator.run();
  const second = await member('xen02', '10.0.0.2');
  const begun = second.heard.length;
  const states = await second.run();
  t.false(hasFailed(states), second.told.join('\n'));
  t.like(states, { network: 'done', pool: 'done', 'pool-networks': 'done' });
  const order = second.heard
    .slice(begun)
    .filter((method) => /pool\.join|Bond\.create|VLAN\.create/.test(method));
  t.deepEqual(order, ['Async.pool.join', 'Bond.create', 'VLAN.create']);
  const { database } = coordinator.host.xapi;
  const [bond] = database.records('Bond').values();
  t.is(database.records('Bond').size, 1);
  t.is(database.records('VLAN').size, 1);
  const master = database.get('PIF', text(bond?.['master']));
  t.like(master, { host: second.host.xapi.host, management: true, IP: '10.0.0.2' });
  const { writes } = coordinator.host.xapi;
  t.deepEqual([...new Set(Object.values(await second.run()))].sort(), ['done', 'unchanged']);
  t.is(coordinator.host.xapi.writes, writes, 'the second run makes no write');
});
