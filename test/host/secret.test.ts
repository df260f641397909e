import { createServer as createPlain } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { formatError } from '../../src/common/error.ts';
import { run } from '../../src/common/process.ts';
import { fetchText } from '../../src/host/fetch.ts';
import { formatHostFile } from '../../src/host/format.ts';
import { hashPassword } from '../../src/host/password.ts';
import { parseHostFile, readHostFile } from '../../src/host/read.ts';
import { readSecret, redactHostFile, secretsOf } from '../../src/host/secret.ts';
import { sourceDirectory } from '../golden.ts';
import { temporaryDirectory, writeFiles } from '../temporary.ts';

const FILES = join(sourceDirectory(import.meta.url), 'files');
const HASH = `$6$canary$${'x'.repeat(86)}`;

const FULL = `
version: 1
hostname: xen-\${pw}
root: { passwordHash: "${HASH}" }
users:
  - { name: a, password: canary-user }
  - { name: b, password: { file: /etc/secret } }
  - { name: c, passwordHash: "!" }
disks: { system: { match: {} } }
network: { management: { interface: { match: {} } } }
storage:
  - type: iscsi
    name: san
    targets: [{ address: 10.0.0.1 }]
    iqn: iqn.2020-01.x:y
    chap: { user: u, password: canary-chap }
  - { type: smb, name: smb, server: s, share: t, user: u, password: canary-smb }
  - { type: iso, name: iso, location: //s/t, user: u, password: canary-iso }
pool:
  role: member
  coordinator: xen00
  fingerprint: "${'0a'.repeat(32)}"
  credential: { password: canary-pool }
hooks:
  - { stage: first-boot, url: "https://u:canary-hook%21@h/x", sha256: "${'0'.repeat(64)}" }
report:
  url: https://anna:canary-url@h/x
  token: canary-token
variables: { pw: canary-variable }
`;

test('without its secrets a host file is still valid, and nothing of them is left', async (t) => {
  const { hostFile } = await parseHostFile(FULL.replace('xen-${pw}', 'xen'), 'h.yaml');
  const redacted = redactHostFile(hostFile);
  const text = formatHostFile(redacted, 'Without secrets.');
  t.notRegex(text, /canary/);
  t.regex(text, /^# Without secrets\.\n/);
  const again = await parseHostFile(text, 'again.yaml');
  t.deepEqual(again.hostFile, redacted);
  t.deepEqual(redacted.users[1]?.password, { file: '/etc/secret' });
  t.deepEqual(redacted.users[0]?.password, { prompt: 'password of a (removed)' });
  t.deepEqual(
    [redacted.root.passwordHash, redacted.users[2]?.passwordHash, redacted.report?.url],
    ['!!', '!', 'https://h/x'],
  );
  t.regex(JSON.stringify(hostFile), /canary-chap/, 'the original is as it was');
});

test('every secret text is listed, decoded and not', async (t) => {
  const { hostFile } = await parseHostFile(FULL, 'h.yaml');
  t.deepEqual(
    secretsOf(hostFile).sort(),
    [
      HASH,
      ...['chap', 'hook!', 'hook%21', 'iso', 'pool', 'smb', 'token', 'url', 'user'].map(
        (name) => `canary-${name}`,
      ),
    ].sort(),
  );
});

test('a written host file reads back as it was', async (t) => {
  for (const name of ['example', 'surprising', 'literal', 'minimal', 'includes']) {
    const { hostFile } = await readHostFile(join(FILES, 'good', `${name}.yaml`), {
      facts: { serial: 'S1', mac: '52:54:00:00:00:01', uuid: 'u' },
    });
    const alone = { ...hostFile, include: [], variables: {} };
    t.deepEqual((await parseHostFile(formatHostFile(alone), name)).hostFile, alone);
  }
});

test('a secret comes from a text, a file, a URL or a person', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFiles(directory, { 'a/pw': 'one line\n', empty: '\n' });
  t.is(await readSecret('as it is\n', {}), 'as it is\n');
  t.is(await readSecret({ file: 'a/pw' }, { directory }), 'one line');
  t.is(await readSecret({ file: join(directory, 'a/pw') }, {}), 'one line');
  t.is(
    await readSecret({ url: 'https://x/y' }, { fetch: (url) => Promise.resolve(`${url}\r\n`) }),
    'https://x/y',
  );
  t.is(await readSecret({ prompt: 'P' }, { ask: (words) => Promise.resolve(words) }), 'P');
  await t.throwsAsync(readSecret({ prompt: 'P' }, {}), { code: 'input/secret-not-asked' });
  await t.throwsAsync(readSecret({ file: 'a/pw' }, {}), { code: 'input/secret-file' });
  await t.throwsAsync(readSecret({ file: 'b' }, { directory }), { code: 'input/secret-file' });
  await t.throwsAsync(readSecret({ file: 'empty' }, { directory }), { code: 'input/secret-empty' });
});

async function certificate(t: ExecutionContext): Promise<{ key: string; cert: string }> {
  const directory = await temporaryDirectory(t);
  const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
  await run([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', key, '-out', cert],
  ]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

test('a pinned certificate is the only one that is sent anything', async (t) => {
  const own = await certificate(t);
  const seen: string[] = [];
  const server = createServer(own, (request, response) => {
    seen.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    if (request.url?.startsWith('/moved') === true) response.writeHead(302, { location: '/x' });
    response.end(request.url === '/large' ? 'x'.repeat(2000) : 'the secret\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fingerprint = new X509Certificate(own.cert).fingerprint256
    .replaceAll(':', '')
    .toLowerCase();

  t.is(await fetchText(`https://u:p%40w@${base}/s?q=1`, { fingerprint }), 'the secret\n');
  t.deepEqual(seen, [`/s?q=1 Basic ${Buffer.from('u:p@w').toString('base64')}`]);

  const other = `${fingerprint.startsWith('0') ? '1' : '0'}${fingerprint.slice(1)}`;
  const wrong = await t.throwsAsync(
    fetchText(`https://u:canary@${base}/s?t=canary`, { fingerprint: other }),
    { code: 'verification/fingerprint' },
  );
  t.notRegex(formatError(wrong), /canary/);
  await t.throwsAsync(fetchText(`https://${base}/s`), { code: 'io/fetch-failed' });
  t.is(seen.length, 1, 'nobody else was asked for anything');

  const moved = await t.throwsAsync(fetchText(`https://${base}/moved?t=canary`, { fingerprint }));
  t.regex(formatError(moved), /302 \(redirections are not followed\)/);
  t.notRegex(formatError(moved), /canary/);
  const large = await t.throwsAsync(
    fetchText(`https://${base}/large`, { fingerprint, limit: 1000 }),
  );
  t.regex(formatError(large), /more than 1000 bytes/);
});

test('plain HTTP works, without a pin; a server that is silent is given up', async (t) => {
  const server = createPlain((request, response) => {
    if (request.url === '/silent') response.write('a');
    else response.end('text');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.is(await fetchText(`${base}/x`), 'text');
  await t.throwsAsync(fetchText(`${base}/x`, { fingerprint: '00' }), {
    code: 'input/fingerprint-over-http',
  });
  const silent = await t.throwsAsync(fetchText(`${base}/silent`, { timeoutSeconds: 0.2 }), {
    code: 'io/fetch-failed',
  });
  t.regex(formatError(silent), /no whole answer within 0\.2 s/);
  const cancelled = new AbortController();
  const waiting = fetchText(`${base}/silent`, { signal: cancelled.signal });
  cancelled.abort(new Error('stopped'));
  await t.throwsAsync(waiting, { message: 'stopped' });
});

test('a password is hashed through a pipe', async (t) => {
  t.regex(await hashPassword('pässword $x"\''), /^\$6\$/);
  await t.throwsAsync(hashPassword(''), { code: 'input/password' });
  await t.throwsAsync(hashPassword('a\nb'), { code: 'input/password' });
});
