// A network where anybody may say anything: each of it is refused or contained, with a line, and the service goes on.
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { issueToken } from '../../../src/fleet/state/token.ts';
import { FLEET_PATHS } from '../../../src/host/fleet/messages.ts';
import { ask, CANARY, Machine, openScene, startRollout, until, type Scene } from './scene.ts';

const DAY = 24 * 3600 * 1000;

/** Nothing that is secret is in the log, whatever was tried. */
function leaksNothing(scene: Scene, secrets: readonly (string | undefined)[]): boolean {
  const log = scene.lines.join('\n');
  return [CANARY, ...secrets].every((secret) => secret === undefined || !log.includes(secret));
}

test('no path leads out of the boot tree', async (t) => {
  const scene = await openScene(t);
  const { httpUrl, treeUrl } = scene.server;
  const tree = new URL(treeUrl).pathname;
  for (const path of [
    '/../state/key.pem',
    '/%2e%2e/state/key.pem',
    '/..%2fstate%2fkey.pem',
    '/%252e%252e/state/key.pem',
    '//..//state//key.pem',
    `${tree}../../../state/key.pem`,
    `${tree}%2e%2e/%2e%2e/state/key.pem`,
    '/layers/..\\..\\state\\key.pem',
    '/layers%00/../../state/key.pem',
    '/grub.0%00.txt',
    '/%zz',
    '/%c0%ae%c0%ae/state/key.pem',
    '/etc/passwd',
    '/layers',
    '/layers/',
    '/',
    '/boot/',
    '/boot/../grub.0',
    '/boot/52:54:00:ab:00:01.cfg/../../grub.0',
    '/boot/52:54-00:ab:00:01.cfg',
    '/boot/52:54:00:ab:00:01.yaml',
    `/trees/${'0'.repeat(64)}/grub.0`,
    `/${'a'.repeat(600)}`,
    'http://192.0.2.1/grub.0',
    '*',
  ]) {
    const { status, text } = await ask(httpUrl, path);
    t.true(status === 400 || status === 404, `${path}: ${status}`);
    t.is(text, '', path);
  }
  for (const path of ['/grub.0', '//grub.0', `${tree}/grub.0`, '/grub%2e0?x=/../..']) {
    t.is((await ask(httpUrl, path)).text, 'bios', path);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND']) {
    t.is((await ask(httpUrl, '/grub.0', { method })).status, 405, method);
  }
  t.true(scene.lines.some((line) => /127\.0\.0\.1 GET .*key\.pem: 40[04]$/.test(line)));
});

test('a body of more than belongs there is not taken', async (t) => {
  const scene = await openScene(t);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await machine.start();
  const { httpsUrl } = scene.server;
  const { bootToken: token } = machine;
  const large = JSON.stringify({ mac: machine.mac, pad: 'x'.repeat(400_000) });
  t.is((await ask(httpsUrl, FLEET_PATHS.hello, { body: large, token })).status, 413);
  t.is((await ask(httpsUrl, FLEET_PATHS.hostFile, { body: large, token })).status, 413);
  // One that does not say how long it will be is cut off where it becomes too long.
  const endless = await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(httpsUrl);
    const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', () => resolve(answer));
    const timer = setTimeout(() => reject(new Error('taken for ever')), 10_000);
    socket.on('close', () => clearTimeout(timer));
    socket.write(
      `POST ${FLEET_PATHS.hello} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token ?? ''}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const push = (): void => {
      if (!socket.destroyed && socket.writable) socket.write(chunk, () => setImmediate(push));
    };
    push();
  });
  t.regex(endless, /^HTTP\/1\.1 413 /);
  for (const body of ['', '{', '[]', 'null', '{"mac":"52:54:00:ab:00:01"}', '{"__proto__":{}}']) {
    t.is(
      (await ask(httpsUrl, FLEET_PATHS.hello, { body, token, method: 'POST' })).status,
      400,
      body,
    );
  }
  const inventory = {
    ...scene.inventory,
    machine: { ...scene.inventory.machine, product: 'x'.repeat(262_000) },
  };
  t.is((await machine.hello(inventory)).status, 413);
  t.is(machine.state, undefined);
  t.like(await machine.introduce(), { do: 'wait' });
  t.true(scene.lines.some((line) => /hello: 413, more than \d+ bytes/.test(line)));
});

test('who is slow is cut off, and who comes too often waits', async (t) => {
  const scene = await openScene(t, {
    server: {
      limits: { headSeconds: 1, requestSeconds: 2, idleSeconds: 2, perAddress: 20, proxies: [] },
    },
  });
  const { httpUrl, httpsUrl } = scene.server;
  const [plain, secure] = [httpUrl, httpsUrl].map((url) => Number(new URL(url).port));
  const host = '127.0.0.1';
  const slow = [
    connect({ port: plain ?? 0, host }),
    connect({ port: plain ?? 0, host }),
    // Neither a word of TLS, nor all of a request.
    connect({ port: secure ?? 0, host }),
    connectTls({ port: secure ?? 0, host, rejectUnauthorized: false }),
  ];
  slow[0]?.write('GET /grub.0 HTTP/1.1\r\nHost: a\r\nX-A: ');
  slow[3]?.write(`POST ${FLEET_PATHS.events} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`);
  const drip = setInterval(() => slow[0]?.write('x'), 200);
  const closed = slow.map(
    (socket) =>
      new Promise<void>((done) => {
        socket.on('error', () => undefined).on('close', () => done());
        socket.resume();
      }),
  );
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  t.is(await machine.start(), 'unattended', 'others are served meanwhile');
  await Promise.all(closed);
  clearInterval(drip);
  t.true(scene.lines.some((line) => line.endsWith('408 Request Timeout')));

  const crowd = Array.from({ length: 60 }, () => connect(plain ?? 0, '127.0.0.1'));
  let refused = 0;
  for (const socket of crowd) {
    socket.on('error', () => undefined).on('close', () => (refused += 1));
    socket.resume();
  }
  await until(() => refused >= 40, 'refused');
  for (const socket of crowd) socket.destroy();
  t.true(scene.lines.some((line) => line.includes('has 20 connections; more are refused')));
  await sleep(100);
  t.is(await machine.start(), 'unattended');
});

test('somebody who takes a file a byte at a time does not keep it', async (t) => {
  const scene = await openScene(t, { server: { limits: { pieceSeconds: 0.5, idleSeconds: 60 } } });
  const { port } = new URL(scene.server.httpUrl);
  const socket = connect(Number(port), '127.0.0.1');
  const path = '/layers/packages.squashfs';
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(40));
  socket.pause();
  await new Promise<void>((done) => {
    socket.on('error', () => undefined).on('close', () => done());
    setTimeout(() => socket.resume(), 3000);
  });
  t.is((await ask(scene.server.httpUrl, path)).text.length, 1_000_000);
});

test('tokens are good for one machine, one host file and a week', async (t) => {
  const scene = await openScene(t);
  await startRollout(scene);
  const first = new Machine(scene, '52:54:00:ab:00:01');
  const second = new Machine(scene, '52:54:00:ab:00:02');
  await first.start();
  await second.start();
  await first.introduce();
  await second.introduce();
  const own = first.bootToken;
  const ours = (mac: string, time: number) =>
    scene.store.secret().then((secret) => issueToken(secret, mac, time));
  for (const [token, what] of [
    [undefined, 'none'],
    ['x', 'nonsense'],
    [`${own ?? ''}x`, 'one that was changed'],
    [second.bootToken, 'that of another machine'],
    [issueToken(randomBytes(32), first.mac, Date.now()), 'one of another fleet'],
    [await ours(first.mac, Date.now() - 8 * DAY), 'an old one'],
    [await ours(first.mac, Date.now() + DAY), 'one from the future'],
    [first.bootToken?.replace('.', '..'), 'one with a dot more'],
  ] as const) {
    first.bootToken = token;
    t.is((await first.hello()).status, 401, what);
    t.is((await first.fetchHostFile()).status, 401, what);
    t.is(
      (await first.post(FLEET_PATHS.events, first.message('install', ['a']), token)).status,
      401,
      what,
    );
    t.is((await first.post(FLEET_PATHS.after, {}, token)).status, 401, what);
  }
  t.is(first.state, 'armed');
  first.bootToken = own;
  t.is((await first.fetchHostFile(2)).status, 409, 'another attempt than was announced');
  const earlier = await ours(first.mac, Date.now() - 60_000);
  t.is((await first.fetchHostFile()).status, 200);
  const { reportToken } = first;
  t.is((await first.fetchHostFile()).status, 409, 'asked twice');
  first.bootToken = earlier;
  t.is((await first.fetchHostFile()).status, 409, 'with a token that was never used');
  t.is((await second.fetchHostFile()).status, 409, 'not armed');
  // A boot token is none for reports, and nobody reports for another one.
  t.is((await first.post(FLEET_PATHS.events, first.message('install', ['a']), own)).status, 401);
  const foreign = { ...second.message('install', ['disk'], 'failed') };
  t.is((await second.post(FLEET_PATHS.events, foreign, reportToken)).status, 204);
  t.is(second.state, 'seen', 'a report counts for the machine of its token');
  t.is(first.state, 'failed');
  t.true(
    scene.lines.some((line) => line.includes('xen01 (52:54:00:ab:00:01) was given its host file')),
  );
  t.true(leaksNothing(scene, [own, reportToken, earlier, second.bootToken]));
});

test('of two that ask for a host file at once, one gets it', async (t) => {
  const scene = await openScene(t);
  await startRollout(scene);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await machine.start();
  await machine.introduce();
  const answers = await Promise.all(Array.from({ length: 20 }, () => machine.fetchHostFile()));
  t.is(answers.filter(({ status }) => status === 200).length, 1);
  t.is(answers.filter(({ status }) => status === 409).length, 19);
});

test('a second machine with the same MAC address is refused, and the first one goes on', async (t) => {
  const scene = await openScene(t);
  await startRollout(scene);
  const first = new Machine(scene, '52:54:00:ab:00:01');
  const twin = new Machine(scene, '52:54:00:ab:00:01', 'TWIN');
  await first.start();
  await twin.start();
  t.like(await first.introduce(), { do: 'install' });
  for (let time = 0; time < 5; time += 1) t.is((await twin.hello(scene.inventory)).status, 409);
  const twins = (await scene.store.history(first.mac)).filter(({ event }) => event.type === 'twin');
  t.is(twins.length, 1, 'written once');
  for (let serial = 0; serial < 20; serial += 1) {
    const another = new Machine(scene, first.mac, `TWIN-${serial}`);
    another.bootToken = twin.bootToken;
    t.is((await another.hello()).status, 409);
  }
  t.true((scene.store.state().machines.get(first.mac)?.twins ?? 99) <= 8);
  t.is((await first.fetchHostFile()).status, 200);
  t.true(scene.lines.some((line) => line.includes('the one with serial number TWIN does not')));
});

test('ten thousand unknown machines cost neither the disk nor the service', async (t) => {
  const scene = await openScene(t, { server: { limits: { unnamed: 3 } } });
  const macOf = (number: number): string =>
    `02:00:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
  const memory = process.memoryUsage().heapUsed;
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  for (let number = 0; number < 10_000; number += 500) {
    const asked = Array.from({ length: 500 }, (_, index) =>
      ask(scene.server.httpUrl, `/boot/${macOf(number + index)}.cfg`, { agent }),
    );
    for (const { status } of await Promise.all(asked)) if (status !== 200) t.fail(`${status}`);
  }
  agent.destroy();
  t.is(scene.store.state().machines.size, 0, 'nothing is kept for a question');
  t.true(process.memoryUsage().heapUsed - memory < 100e6);
  const strangers = Array.from({ length: 6 }, (_, index) => new Machine(scene, macOf(index)));
  const statuses: number[] = [];
  for (const stranger of strangers) {
    await stranger.start();
    statuses.push((await stranger.hello(scene.inventory)).status);
  }
  t.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
  t.is(scene.store.state().machines.size, 3);
  // One that is in the file is let in all the same.
  const meant = new Machine(scene, '52:54:00:ab:00:01');
  await meant.start();
  t.like(await meant.introduce(), { do: 'wait' });
  t.is(meant.state, 'seen');
  t.true(scene.lines.some((line) => line.includes('3 machines without a name are kept')));
});

test('lines stay lines, and a flood of them stays small', async (t) => {
  const scene = await openScene(t);
  const begun = performance.now();
  for (let number = 0; number < 200; number += 1) {
    await ask(scene.server.httpUrl, `/%1b%5b2J${number}`);
  }
  const machine = new Machine(scene, '52:54:00:ab:00:01', 'S\u001b[2J\nready: all is well');
  await machine.start();
  await machine.introduce();
  // Twenty and a count in ten seconds; a busy machine needs several times that.
  const periods = Math.ceil((performance.now() - begun) / 10_000) + 1;
  t.true(scene.lines.length < 21 * periods + 20, `${scene.lines.length} lines`);
  t.false(scene.lines.some((line) => /[\u0000-\u001f]/.test(line)));
});

test('a machine that reports without end is held back, and keeps its place', async (t) => {
  const scene = await openScene(t, { server: { limits: { entriesPerMinute: 50 } } });
  await startRollout(scene);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await machine.start();
  await machine.introduce();
  await machine.fetchHostFile();
  const steps = Array.from({ length: 40 }, (_, index) => `step${index}`);
  t.is((await machine.report('install', steps)).status, 204);
  t.is((await machine.report('install', steps)).status, 429);
  t.is(machine.state, 'installing');
  t.true(scene.lines.some((line) => line.includes('more than 50 steps in a minute')));
});

test('the clock of a machine changes nothing', async (t) => {
  const scene = await openScene(t);
  await startRollout(scene);
  const machine = new Machine(scene, '52:54:00:ab:00:01');
  await machine.start();
  await machine.introduce();
  await machine.fetchHostFile();
  for (const time of ['1970-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 'never']) {
    const message = machine.message('install', ['disk']);
    const events = (message['events'] as object[]).map((event) => ({ ...event, time }));
    const answer = await machine.post(
      FLEET_PATHS.events,
      { ...message, events },
      machine.reportToken,
    );
    t.is(answer.status, 204, time);
  }
  const updated = Date.parse(scene.store.state().machines.get(machine.mac)?.updated ?? '');
  t.true(Math.abs(updated - Date.now()) < 60_000);
});
