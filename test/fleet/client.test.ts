import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { KronosError } from '../../src/common/error.ts';
import { openFleetClient } from '../../src/fleet/client.ts';
import { findFleetServer } from '../../src/fleet/target.ts';
import { temporaryDirectory } from '../temporary.ts';
import { makeDesk } from './web/fixture.ts';
import { serveWeb, TOKEN } from './web/server.ts';

async function open(t: ExecutionContext) {
  const desk = makeDesk(20);
  const directory = await temporaryDirectory(t);
  const server = await serveWeb(directory, { desk });
  const { close } = server;
  t.teardown(close);
  const { url, fingerprint } = server;
  await writeFile(join(directory, 'server.json'), JSON.stringify({ url, fingerprint }));
  await writeFile(join(directory, 'operator.token'), `${TOKEN}\n`);
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const target = await findFleetServer({ state: directory });
  return { desk, directory, close, target, client: openFleetClient(target, ending.signal), ending };
}

test('the server is found by its state directory, and answers', async (t) => {
  const { client, desk } = await open(t);
  const status = await client.status();
  t.is(status.hosts.length, 22);
  t.is((await client.details('xen015')).status.failure?.code, 'io/write-failed');
  t.deepEqual(await client.act({ do: 'pause', reason: 'lunch' }), { message: 'paused' });
  t.deepEqual(desk.actions, [{ do: 'pause', reason: 'lunch' }]);
  await t.throwsAsync(client.details('nobody/../x'), {
    instanceOf: KronosError,
    code: 'input/no-such-host',
  });
});

test('changes are put into the status as they come', async (t) => {
  const { client, desk } = await open(t);
  const stream = client.follow();
  const next = async () => (await stream.next()).value;
  t.is((await next())?.counts.armed, 2);
  desk.change('xen001', { state: 'armed' });
  const status = await next();
  t.is(status?.counts.armed, 3);
  t.deepEqual(
    status?.hosts.map(({ host }) => host),
    desk.status().hosts.map(({ host }) => host),
  );
  t.is(status?.hosts[0]?.state, 'armed');
  await desk.act({ do: 'name', machine: '02:00:00:00:ea:60', host: 'xen006' });
  t.is((await next())?.hosts.length, 21);
  await stream.return();
});

test('to another certificate no token goes', async (t) => {
  const { target, ending } = await open(t);
  const other = openFleetClient({ ...target, fingerprint: 'ab'.repeat(32) }, ending.signal);
  await t.throwsAsync(other.status(), { code: 'verification/fingerprint' });
});

test('a wrong token, a server that is gone and one that ends a stream are told apart', async (t) => {
  const { client, close, target, ending } = await open(t);
  const wrong = openFleetClient({ ...target, token: 'wrong' }, ending.signal);
  await t.throwsAsync(wrong.status(), { code: 'input/fleet-token' });
  const stream = client.follow();
  await stream.next();
  await close();
  await t.throwsAsync(stream.next(), { code: 'io/fleet-server' });
  await t.throwsAsync(client.status(), { code: 'io/fleet-server' });
});

test('what names no server is refused with what would', async (t) => {
  const state = await temporaryDirectory(t);
  await t.throwsAsync(findFleetServer({ state }), { code: 'input/no-fleet-server' });
  const fingerprint = 'AB:'.repeat(32).slice(0, -1);
  const server = 'https://192.0.2.1:8443';
  await t.throwsAsync(findFleetServer({ state, server, fingerprint }), {
    code: 'input/no-such-file',
  });
  await writeFile(join(state, 'token'), 'abc\n');
  const tokenFile = join(state, 'token');
  t.deepEqual(await findFleetServer({ state, server, fingerprint, tokenFile }), {
    ...{ url: server, fingerprint: 'ab'.repeat(32), token: 'abc' },
  });
  const wrong = (what: object) =>
    findFleetServer({ state, server, fingerprint, tokenFile, ...what });
  await t.throwsAsync(wrong({ server: 'http://192.0.2.1' }), { code: 'input/wrong-value' });
  await t.throwsAsync(wrong({ fingerprint: 'ab' }), { code: 'input/wrong-value' });
  await writeFile(tokenFile, 'two words');
  await t.throwsAsync(wrong({}), { code: 'input/wrong-value' });
});
