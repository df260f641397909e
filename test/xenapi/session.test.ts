import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import test from 'ava';
import { NoAnswerError, pinnedDoor, socketDoor } from '../../src/xenapi/door.ts';
import { XenApiError } from '../../src/xenapi/message.ts';
import { waitFor } from '../../src/xenapi/readiness.ts';
import { LOCAL, openSession } from '../../src/xenapi/session.ts';
import { runTask } from '../../src/xenapi/task.ts';
import { makeCertificate, serve } from '../steps/servers.ts';
import { temporaryDirectory } from '../temporary.ts';
import { script, serveSocket, type Answer } from './fake.ts';

const { signal } = new AbortController();

test('a session that the server forgot is opened again, and the call made again', async (t) => {
  let logins = 0;
  const { calls, listener } = script(({ method, params }): Answer => {
    if (method === 'session.login_with_password') return { result: `OpaqueRef:${++logins}` };
    if (params[0] === 'OpaqueRef:1') return { error: ['SESSION_INVALID', 'OpaqueRef:1'] };
    return { result: method === 'host.get_all' ? ['OpaqueRef:host'] : '' };
  });
  const door = socketDoor(await serveSocket(t, listener));
  const session = await openSession(door, LOCAL, signal);
  t.deepEqual(await session.call<string[]>('host.get_all'), ['OpaqueRef:host']);
  await session.close();
  t.deepEqual(
    calls.map(({ method, params }) => `${method} ${JSON.stringify(params[0])}`),
    [
      'session.login_with_password "root"',
      'host.get_all "OpaqueRef:1"',
      'session.login_with_password "root"',
      'host.get_all "OpaqueRef:2"',
      'session.logout "OpaqueRef:2"',
    ],
  );
});

test('what was refused before it was sent is told from what may have been done', async (t) => {
  const nowhere = socketDoor(join(await temporaryDirectory(t), 'none'));
  const refused = await t.throwsAsync(openSession(nowhere, LOCAL, signal), {
    instanceOf: NoAnswerError,
  });
  t.false(refused.sent);
  const { listener } = script(({ method }) =>
    method === 'session.login_with_password' ? { result: 'OpaqueRef:1' } : 'close',
  );
  const session = await openSession(socketDoor(await serveSocket(t, listener)), LOCAL, signal);
  const broken = await t.throwsAsync(session.call('pool.join', ['a', 'b', 'c']), {
    instanceOf: NoAnswerError,
  });
  t.true(broken.sent);
});

test('a server that says nothing is given up after the time, and at once when told so', async (t) => {
  const path = await serveSocket(t, () => undefined);
  const error = await t.throwsAsync(socketDoor(path).post('{}', { timeoutSeconds: 0.2, signal }), {
    instanceOf: NoAnswerError,
    message: 'the own host: no answer within 0.2 s',
  });
  t.true(error.sent);
  const abort = new AbortController();
  const asking = socketDoor(path).post('{}', { timeoutSeconds: 60, signal: abort.signal });
  abort.abort(new Error('stopped'));
  await t.throwsAsync(asking, { message: 'stopped' });
});

test('the password goes to the pinned certificate', async (t) => {
  const certificate = await makeCertificate(t);
  const { calls, listener } = script(() => ({ result: 'OpaqueRef:1' }));
  const { url, port } = await serve(t, listener, { certificate });
  const door = pinnedDoor(new URL(url).hostname, certificate.fingerprint, port);
  await openSession(door, { user: 'root', password: 'secret' }, signal);
  t.deepEqual(calls[0]?.params.slice(0, 2), ['root', 'secret']);
});

test('to somebody with another certificate not a byte is sent', async (t) => {
  const [right, wrong] = [await makeCertificate(t), await makeCertificate(t)];
  const heard: Buffer[] = [];
  const server = createTls({ key: wrong.key, cert: wrong.cert }, (socket) => {
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const door = pinnedDoor('127.0.0.1', right.fingerprint, port);
  const error = await t.throwsAsync(
    openSession(door, { user: 'root', password: 'secret' }, signal),
    { code: 'verification/fingerprint' },
  );
  t.regex((error as { hint?: string }).hint ?? '', new RegExp(wrong.fingerprint));
  t.is(Buffer.concat(heard).length, 0);
});

test('a server that restarts is waited for, anything else is told at once', async (t) => {
  const answers: Answer[] = [
    { error: ['HOST_STILL_BOOTING'] },
    'close',
    { error: ['HOST_HAS_NO_MANAGEMENT_IP'] },
    { result: 'OpaqueRef:1' },
  ];
  const { listener } = script((_call, count) => answers[count - 1] ?? { result: '' });
  const door = socketDoor(await serveSocket(t, listener));
  const told: string[] = [];
  const waiting = { timeoutSeconds: 20, interval: 5, signal, what: 'the toolstack' };
  const onWait = (_left: number, why: string): void => void told.push(why);
  await waitFor(() => openSession(door, LOCAL, signal), { ...waiting, onWait });
  t.is(told.length, 3);
  t.is(told[0], 'HOST_STILL_BOOTING');
  const other = script(() => ({
    error: { code: 1, message: 'HOST_IS_SLAVE', data: ['10.0.0.1'] },
  }));
  const member = socketDoor(await serveSocket(t, other.listener));
  const error = await t.throwsAsync(
    waitFor(() => openSession(member, LOCAL, signal), waiting),
    { instanceOf: XenApiError },
  );
  t.deepEqual([error.code, ...error.parameters], ['HOST_IS_SLAVE', '10.0.0.1']);
});

test('waiting ends, with the last reason', async (t) => {
  const { url, port, close } = await serve(t, () => undefined);
  await close();
  const door = pinnedDoor(new URL(url).hostname, '0'.repeat(64), port);
  await t.throwsAsync(
    waitFor(() => openSession(door, LOCAL, signal), {
      ...{ timeoutSeconds: 0.1, interval: 20, signal, what: 'the coordinator' },
    }),
    { code: 'io/not-ready', message: /^the coordinator: not within 0\.1 s \(.*ECONNREFUSED/ },
  );
});

test('a task is followed to its end and removed', async (t) => {
  const states = ['pending', 'pending', 'success'];
  const { calls, listener } = script(({ method }): Answer => {
    if (method === 'session.login_with_password') return { result: 'OpaqueRef:s' };
    if (method !== 'task.get_record') return { result: 'OpaqueRef:task' };
    const status = states.shift() ?? 'success';
    const [progress, result] = status === 'success' ? [1, '<value>OpaqueRef:sr</value>'] : [0, ''];
    return { result: { status, progress, result, error_info: [] } };
  });
  const door = socketDoor(await serveSocket(t, listener));
  const session = await openSession(door, LOCAL, signal);
  const seen: number[] = [];
  const result = await runTask(session, 'SR.create', ['x'], {
    ...{ timeoutSeconds: 10, interval: 5, signal },
    onProgress: (fraction) => void seen.push(fraction),
  });
  t.is(result, 'OpaqueRef:sr');
  t.deepEqual(seen, [0, 0, 1]);
  t.is(calls.at(-1)?.method, 'task.destroy');
  t.is(calls[1]?.method, 'Async.SR.create');
});

test('what a task failed for comes out as if it had been called', async (t) => {
  const record = (status: string, error_info: string[]) => ({
    result: { status, progress: 1, result: '', error_info },
  });
  const ends = [record('failure', ['PIF_VLAN_EXISTS', 'OpaqueRef:p']), record('cancelled', [])];
  const { listener } = script(({ method }): Answer =>
    method === 'task.get_record' ? (ends.shift() ?? 'close') : { result: 'OpaqueRef:x' },
  );
  const door = socketDoor(await serveSocket(t, listener));
  const session = await openSession(door, LOCAL, signal);
  const options = { timeoutSeconds: 10, interval: 5, signal };
  await t.throwsAsync(runTask(session, 'VLAN.create', [], options), {
    instanceOf: XenApiError,
    message: 'PIF_VLAN_EXISTS (OpaqueRef:p)',
  });
  await t.throwsAsync(runTask(session, 'VLAN.create', [], options), {
    code: 'interrupted/cancelled',
  });
});
