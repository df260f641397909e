import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { readEvents } from '../../../src/fleet/web/event-stream.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDesk } from './fixture.ts';
import { ask, BEARER, logIn, send, serveWeb, TOKEN } from './server.ts';

async function open(t: ExecutionContext, count: number) {
  const desk = makeDesk(count);
  const server = await serveWeb(await temporaryDirectory(t), { desk });
  t.teardown(() => server.close());
  return { desk, server };
}

/** The kind of the next event that is more than a sign of life. */
async function skipBeats(reader: ReturnType<typeof readEvents>): Promise<string> {
  for (;;) {
    const { value } = await reader.next();
    if (value?.event !== 'beat') return value?.event ?? 'end';
  }
}

interface Change {
  hosts: { host: string; state: string }[];
  gone: string[];
}

test('a viewer gets the whole status first, then only what changed', async (t) => {
  const { desk, server } = await open(t, 20);
  const events = readEvents(await send(server, '/v1/stream', { headers: BEARER }));
  const next = async () => {
    let { value } = await events.next();
    while (value?.event === 'beat') ({ value } = await events.next());
    return { event: value?.event, data: JSON.parse(value?.data ?? '{}') as Change };
  };
  const first = await next();
  t.is(first.event, 'status');
  t.is(first.data.hosts.length, 22);
  desk.change('xen003', { state: 'armed' });
  desk.change('xen004', { state: 'failed' });
  const second = await next();
  t.is(second.event, 'change');
  t.deepEqual(
    second.data.hosts.map(({ host, state }) => [host, state]),
    [
      ['xen003', 'armed'],
      ['xen004', 'failed'],
    ],
  );
  await desk.act({ do: 'name', machine: '02:00:00:00:ea:60', host: 'xen006' });
  const third = await next();
  t.deepEqual(third.data.gone, ['02:00:00:00:ea:60']);
  t.deepEqual(
    third.data.hosts.map(({ host }) => host),
    ['xen006'],
  );
  // A clock that runs on, and the time of the last word, are no change.
  desk.change('xen003', { seconds: 101, updated: 'later' });
  desk.change('xen003', { seconds: 200 });
  t.deepEqual(
    (await next()).data.hosts.map(({ host }) => host),
    ['xen003'],
  );
  await events.return();
});

test('a page that comes back gets what it lacks, another one all', async (t) => {
  const { desk, server } = await open(t, 20);
  const { cookie } = await logIn(server);
  const page = await ask(server, '/', { headers: { cookie } });
  const version = /data-version="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const rowsSince = async (since: string): Promise<string[]> => {
    const stream = await send(server, `/stream?since=${since}`, { headers: { cookie } });
    const { value } = await readEvents(stream).next();
    stream.destroy();
    const frame = JSON.parse(value?.data ?? '{}') as { rows: { key: string }[] };
    return frame.rows.map(({ key }) => key);
  };
  t.deepEqual(await rowsSince(version), []);
  desk.change('xen009', { state: 'armed' });
  t.deepEqual(await rowsSince(version), ['xen009']);
  t.is((await rowsSince('other.1')).length, 22);
  t.is((await rowsSince('')).length, 22);
});

test('a hundred viewers cost one look at the desk for each change, and none when they are gone', async (t) => {
  const { desk, server } = await open(t, 200);
  const streams = await Promise.all(
    Array.from({ length: 100 }, () => send(server, '/v1/stream', { headers: BEARER })),
  );
  const readers = streams.map((stream) => readEvents(stream));
  const nextOfAll = () => Promise.all(readers.map((reader) => skipBeats(reader)));
  await nextOfAll();
  const before = desk.looks();
  desk.change('xen001', { state: 'armed' });
  // One that has not read the first status yet gets the next one.
  for (const event of await nextOfAll()) t.true(['change', 'status'].includes(event));
  // A beat may look too, where this machine is slow.
  t.true(desk.looks() - before <= 3);
  t.is(desk.watchers(), 1);
  for (const stream of streams) stream.destroy();
  while (desk.watchers() > 0) await sleep(20);
  t.pass();
});

test('a viewer that does not read costs no memory, and is up to date once it reads', async (t) => {
  const { desk, server } = await open(t, 20);
  const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  socket.pause();
  socket.write(`GET /v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
  while (desk.watchers() === 0) await sleep(20);
  // Another one reads, and shows that all was sent that would be.
  const other = readEvents(await send(server, '/v1/stream', { headers: BEARER }));
  await skipBeats(other);
  const big = 'x'.repeat(5_000_000);
  for (let round = 1; round <= 8; round += 1) {
    desk.change('xen002', { message: `${big}${round}` });
    await skipBeats(other);
  }
  desk.change('xen003', { message: 'the last one' });
  await skipBeats(other);
  await other.return();
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => (text += chunk));
  socket.resume();
  while (!text.includes('the last one')) await sleep(20);
  // What lay in the buffers, and one whole status: not all eight.
  t.true(text.split(big).length - 1 <= 5, `${text.split(big).length - 1} times`);
});
