import test, { type ExecutionContext } from 'ava';
import { statusSchema } from '../../../src/fleet/web/schema.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDesk } from './fixture.ts';
import { ask, BEARER, logIn, serveWeb, type WebServer } from './server.ts';

async function open(t: ExecutionContext, options: { now?: () => number } = {}) {
  const desk = makeDesk(20);
  const notes: string[] = [];
  const server = await serveWeb(await temporaryDirectory(t), {
    ...{ desk, note: (text) => notes.push(text) },
    ...options,
  });
  t.teardown(() => server.close());
  return { desk, notes, server };
}

const JSON_TYPE = { 'content-type': 'application/json' };

function act(server: WebServer, action: unknown, headers: Record<string, string>) {
  const body = typeof action === 'string' ? action : JSON.stringify(action);
  return ask(server, '/v1/actions', {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body,
  });
}

test('programs with the token see the status and a host, and act', async (t) => {
  const { desk, server } = await open(t);
  const status = await ask(server, '/v1/status', { headers: BEARER });
  t.is(status.status, 200);
  t.is(statusSchema.parse(JSON.parse(status.text)).hosts.length, 22);
  const host = await ask(server, '/v1/hosts/02%3A00%3A00%3A00%3Aea%3A60', { headers: BEARER });
  t.like(JSON.parse(host.text), { status: { machine: '02:00:00:00:ea:60' } });
  t.is((await ask(server, '/v1/hosts/nobody', { headers: BEARER })).status, 404);
  t.is((await ask(server, '/v1/hosts/%ff', { headers: BEARER })).status, 404);
  const done = await act(server, { do: 'retry', hosts: ['xen015'] }, BEARER);
  t.deepEqual(
    [done.status, JSON.parse(done.text)],
    [200, { message: '1 will be installed again' }],
  );
  t.deepEqual(desk.actions, [{ do: 'retry', hosts: ['xen015'] }]);
});

test('every answer has the strict headers, refusals too', async (t) => {
  const { server } = await open(t);
  for (const path of ['/', '/login', '/v1/status', '/hosts/x']) {
    const { headers } = await ask(server, path);
    t.regex(String(headers['content-security-policy']), /^default-src 'self'; /);
    t.notRegex(String(headers['content-security-policy']), /unsafe/);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['referrer-policy'], 'no-referrer');
    t.is(headers['x-frame-options'], 'DENY');
    t.is(headers['cache-control'], 'no-store');
  }
});

test('without the token nothing is told and nothing done', async (t) => {
  const { desk, server } = await open(t);
  for (const path of ['/v1/status', '/v1/hosts/xen001', '/v1/stream', '/stream']) {
    const { status, text } = await ask(server, path);
    t.is(status, 401, path);
    t.notRegex(text, /xen0|berlin/);
  }
  t.is((await act(server, { do: 'start' }, {})).status, 401);
  t.is((await act(server, { do: 'start' }, { authorization: 'Bearer wrong' })).status, 401);
  for (const path of ['/', '/hosts/xen001']) {
    const { status, headers } = await ask(server, path);
    t.deepEqual([status, headers.location], [303, '/login']);
  }
  t.deepEqual(desk.actions, []);
});

test('whoever guesses tokens waits, and is noted without what was guessed', async (t) => {
  let now = 1_000_000 * 60_000;
  const { notes, server } = await open(t, { now: () => now });
  const guess = (token: string) =>
    ask(server, '/v1/status', { headers: { authorization: `Bearer ${token}` } });
  for (let count = 0; count < 10; count += 1) t.is((await guess(`guess${count}`)).status, 401);
  const refused = await guess('guess');
  t.deepEqual([refused.status, refused.headers['retry-after']], [429, '60']);
  t.is((await ask(server, '/v1/status', { headers: BEARER })).status, 429);
  now += 60_000;
  t.is((await ask(server, '/v1/status', { headers: BEARER })).status, 200);
  t.is(notes.length, 10);
  t.notRegex(notes.join('\n'), /guess/);
});

test('a cookie alone changes nothing: the request must come from a page of its session', async (t) => {
  const { desk, server } = await open(t);
  const { cookie, csrf } = await logIn(server);
  const other = await logIn(server);
  const pause = { do: 'pause' };
  t.is((await act(server, pause, { cookie })).status, 403);
  t.is((await act(server, pause, { cookie, 'x-kronos-csrf': other.csrf })).status, 403);
  const own = { cookie, 'x-kronos-csrf': csrf };
  t.is((await act(server, pause, { ...own, 'sec-fetch-site': 'cross-site' })).status, 403);
  t.is((await act(server, pause, { ...own, origin: 'https://evil.example' })).status, 403);
  t.deepEqual(desk.actions, []);
  t.is((await act(server, pause, { ...own, 'sec-fetch-site': 'same-origin' })).status, 200);
  t.is((await act(server, pause, { ...own, origin: server.url })).status, 200);
});

test('wrong actions are refused with what is wrong, and wrong bodies', async (t) => {
  const { desk, server } = await open(t);
  const refused = async (action: unknown, headers = {}) =>
    (await act(server, action, { ...BEARER, ...headers })).status;
  t.is(await refused({ do: 'explode' }), 400);
  t.is(await refused({ do: 'retry', hosts: [] }), 400);
  t.is(await refused({ do: 'start', extra: 1 }), 400);
  t.is(await refused('{'), 400);
  t.is(await refused('x'.repeat(2 ** 20 + 1)), 413);
  t.is(await refused({ do: 'start' }, { 'content-type': 'text/plain' }), 415);
  t.is((await ask(server, '/v1/actions', { headers: BEARER })).status, 405);
  const unknown = await act(server, { do: 'retry', hosts: ['nobody'] }, BEARER);
  t.is(unknown.status, 404);
  t.like(JSON.parse(unknown.text), { error: { code: 'input/no-such-host' } });
  t.deepEqual(
    desk.actions.filter((action) => action.do !== 'retry'),
    [],
  );
});

test('a session ends with its time, with the logout, and with another token', async (t) => {
  let now = Date.now();
  const { server } = await open(t, { now: () => now });
  const { cookie, csrf } = await logIn(server);
  const status = async (value: string) =>
    (await ask(server, '/v1/status', { headers: { cookie: value } })).status;
  t.is(await status(cookie), 200);
  t.is(await status(`${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'E' : 'A'}`), 401);
  t.is(await status(cookie.replace(/=\w/, '=z')), 401);
  now += 12 * 3600 * 1000 + 1000;
  t.is(await status(cookie), 401);
  now -= 3600 * 1000;
  t.is(await status(cookie), 200);
  const out = await ask(server, '/logout', {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: `csrf=${csrf}`,
  });
  t.regex(out.headers['set-cookie']?.[0] ?? '', /Max-Age=0/);
  t.is(await status(cookie), 401);
});

test('paths of others are left to others', async (t) => {
  const { server } = await open(t);
  for (const path of ['/v1/machines/hello', '/boot/x.cfg', '/v1/events', '/assets/0/../x']) {
    t.is((await ask(server, path)).headers['content-security-policy'], undefined);
  }
});

test('a defect of the desk says nothing outside, and all in the log', async (t) => {
  const { desk, notes, server } = await open(t);
  desk.details = () => Promise.reject(new Error('secret thing'));
  const { status, text } = await ask(server, '/v1/hosts/xen001', { headers: BEARER });
  t.is(status, 500);
  t.notRegex(text, /secret thing/);
  t.regex(notes.join('\n'), /secret thing/);
});
