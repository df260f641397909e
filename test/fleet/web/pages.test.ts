import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryDirectory } from '../../temporary.ts';
import { makeDesk } from './fixture.ts';
import { ask, logIn, postForm, serveWeb } from './server.ts';

async function open(t: ExecutionContext, count = 20) {
  const desk = makeDesk(count);
  const server = await serveWeb(await temporaryDirectory(t), { desk });
  t.teardown(() => server.close());
  const { cookie, csrf } = await logIn(server);
  const get = async (path: string) => (await ask(server, path, { headers: { cookie } })).text;
  const post = (path: string, fields: Record<string, string>) =>
    postForm(server, path, { csrf, ...fields }, { cookie });
  return { desk, server, get, post };
}

/** Keys of the rows that are not hidden. */
function shownKeys(html: string): string[] {
  return [...html.matchAll(/<tr role="row" data-key="([^"]+)"([^>]*)>/g)]
    .filter(([, , rest]) => !/ hidden/.test(rest ?? ''))
    .map(([, key]) => key ?? '');
}

test('the page reads without a script: hosts by rack, states, progress, failures with the log', async (t) => {
  const { get } = await open(t);
  const html = await get('/');
  t.is(shownKeys(html).length, 22);
  t.regex(html, /<h2>Rack r1<\/h2><span class="total">20 hosts/);
  t.regex(html, /<progress max="100" value="52"[^>]*aria-label="Progress of xen005"/);
  t.regex(html, /writing \/dev\/sda3 failed: EIO/);
  t.regex(html, /Log of xen015, last 5 lines/);
  t.regex(await get('/?by=pool'), /<h2>Pool pool01<\/h2>/);
});

test('filters of the address work without a script', async (t) => {
  const { get } = await open(t);
  t.deepEqual(shownKeys(await get('/?state=failed')), ['xen015']);
  t.deepEqual(shownKeys(await get('/?pool=pool02&text=COMPUTE+xen018')), ['xen018']);
  t.deepEqual(shownKeys(await get('/?text=nobody')), []);
  t.regex(await get('/?text=nobody'), /<p class="nothing" id="nothing">/);
});

const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'`{{name}}';

test('whatever comes from machines and people is text, wherever it is shown', async (t) => {
  const { desk, get, server } = await open(t);
  desk.change('xen015', {
    ...{ serial: EVIL, product: EVIL, address: EVIL, message: EVIL, step: EVIL, twins: 1 },
    failure: { stage: EVIL, step: EVIL, code: EVIL, message: EVIL, hint: EVIL, log: [EVIL, EVIL] },
  });
  desk.change('xen001', { rack: EVIL, pool: EVIL, groups: [EVIL], waitsFor: EVIL });
  desk.change('02:00:00:00:ea:60', { machine: EVIL, serial: EVIL, product: EVIL });
  desk.changeFleet({ name: EVIL, reason: EVIL });
  const search = `/?text=${encodeURIComponent(EVIL)}&pool=${encodeURIComponent(EVIL)}`;
  const pages = await Promise.all([
    get('/'),
    get('/?by=pool'),
    get(search),
    get('/hosts/xen015'),
    get('/hosts/xen001'),
    get(`/hosts/${encodeURIComponent(EVIL)}`),
  ]);
  for (const html of pages) {
    t.regex(html, /&lt;script&gt;alert/);
    t.notRegex(html, /<script>|<img|onerror=alert\(2\)>/);
    // The only script is ours, and nothing is inline.
    t.deepEqual(html.match(/<script/g), ['<script']);
    t.notRegex(html, /<[^>]+\s(?:on\w+|style)=/);
  }
  const refused = await postForm(server, '/login', { token: EVIL }, {});
  t.is(refused.status, 403);
  t.notRegex(refused.text, /alert\(1\)/);
});

const isAsset = (file: string) => /\.(css|js|svg)$/.test(file);

test('nothing comes from anywhere else', async (t) => {
  const { get, server } = await open(t);
  const html = await get('/');
  for (const [, url] of html.matchAll(/(?:src|href|action)="([^"]*)"/g))
    t.regex(url ?? '', /^[/#]/);
  const own = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  const files = await readdir(join(import.meta.dirname, '../../../../web'));
  t.deepEqual(own.map((path) => basename(path)).toSorted(), files.filter(isAsset).toSorted());
  for (const path of own) {
    const { status, headers, text } = await ask(server, path);
    t.is(status, 200);
    t.regex(headers['cache-control'] ?? '', /immutable/);
    t.notRegex(text.replaceAll('http://www.w3.org/2000/svg', ''), /https?:|@import|url\(/);
  }
});

test('without a script a login, a question and an action are forms', async (t) => {
  const { desk, get, post, server } = await open(t);
  const wrong = await postForm(server, '/login', { token: 'wrong' }, {});
  t.is(wrong.status, 403);
  t.regex(wrong.text, /role="alert">This is not the operator token/);
  t.is(wrong.headers['set-cookie'], undefined);
  const right = await postForm(server, '/login', { token: 'an-operator-token-of-the-tests\n' }, {});
  t.is(right.status, 303);
  const cookie = right.headers['set-cookie']?.[0] ?? '';
  for (const word of ['__Host-', 'HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/']) {
    t.true(cookie.includes(word), word);
  }
  const action = JSON.stringify({ do: 'retry', hosts: ['xen015'] });
  const question = await post('/act', { action });
  t.is(question.status, 200);
  t.regex(question.text, /<h1>Retry xen015\?<\/h1>/);
  t.deepEqual(desk.actions, []);
  const done = await post('/act', { action, confirmed: 'yes' });
  t.deepEqual([done.status, done.headers.location], [303, '/']);
  t.regex(await get('/'), /role="status">1 will be installed again</);
  t.notRegex(await get('/'), /will be installed again/);
  t.is((await post('/act', { action: '{"do":"pause"}', reason: ' a reason ' })).status, 303);
  const machine = '02:00:00:00:ea:60';
  const name = JSON.stringify({ do: 'name', machine, host: '{host}' });
  await post('/act', { action: name, [`host/${machine}`]: 'xen006', confirmed: 'yes' });
  t.deepEqual(desk.actions.slice(1), [
    { do: 'pause', reason: 'a reason' },
    { do: 'name', machine, host: 'xen006' },
  ]);
});

test('a form of another site does nothing', async (t) => {
  const { desk, post } = await open(t);
  const refused = await post('/act', { action: '{"do":"pause"}', csrf: 'guessed' });
  t.is(refused.status, 403);
  t.regex(refused.text, /<h1>This was not done<\/h1>/);
  t.is((await post('/logout', { csrf: '' })).status, 403);
  t.deepEqual(desk.actions, []);
});

test('what the rollout can do now are its buttons', async (t) => {
  const { desk, get } = await open(t);
  const buttons = async () =>
    [...(await get('/')).matchAll(/<button form="act"[^>]*aria-label="([^"]*)"/g)]
      .map(([, label]) => label ?? '')
      .filter((label) => !/^(?:Name|Retry) /.test(label));
  t.deepEqual(await buttons(), ['Approve wave 3', 'Pause the rollout']);
  desk.changeFleet({ rollout: 'not-started', approvable: undefined });
  t.deepEqual(await buttons(), ['Start the rollout']);
  desk.changeFleet({ rollout: 'paused' });
  t.deepEqual(await buttons(), ['Resume the rollout']);
  desk.changeFleet({ rollout: 'done' });
  t.deepEqual(await buttons(), []);
});

test('a page of a thousand hosts is made in a moment', async (t) => {
  const { desk, get } = await open(t, 1000);
  await get('/');
  desk.change('xen500', { state: 'armed' });
  const started = performance.now();
  const html = await get('/');
  t.is(shownKeys(html).length, 1002);
  t.true(performance.now() - started < 2000);
});
