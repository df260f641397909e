import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { KronosError } from '../../src/common/error.ts';
import { parseRange } from '../../src/common/file-answer.ts';
import { serveDirectory } from '../../src/common/file-server.ts';

test('ranges as RFC 9110 has them', (t) => {
  t.is(parseRange(undefined, 10), undefined);
  t.deepEqual(parseRange('bytes=0-3', 10), { start: 0, end: 3 });
  t.deepEqual(parseRange('bytes=4-', 10), { start: 4, end: 9 });
  t.deepEqual(parseRange('bytes=4-99', 10), { start: 4, end: 9 });
  t.deepEqual(parseRange('bytes=-4', 10), { start: 6, end: 9 });
  t.deepEqual(parseRange('bytes=-99', 10), { start: 0, end: 9 });
  for (const bad of ['bytes=10-', 'bytes=5-4', 'bytes=-0'])
    t.is(parseRange(bad, 10), 'invalid', bad);
  for (const other of ['bytes=', 'bytes=-', 'lines=1-2', 'bytes=0-1,3-4']) {
    t.is(parseRange(other, 10), undefined, other);
  }
});

test('a range is never outside of the file', (t) => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (tail, size) => {
      const range = parseRange(`bytes=${tail}`, size);
      return (
        typeof range !== 'object' ||
        (range.start >= 0 && range.start <= range.end && range.end < size)
      );
    }),
  );
  t.pass();
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Names and values as they were sent. */
  raw: string[];
}

/** node:http does not tidy the path up, as fetch does. */
function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers, body },
          raw: response.rawHeaders,
        }),
      );
    }).on('error', reject);
  });
}

test('files are served whole and in parts, and nothing outside of the directory', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kronos-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const tree = join(directory, 'tree');
  await mkdir(join(tree, 'sub'), { recursive: true });
  await writeFile(join(directory, 'secret'), 'secret');
  await writeFile(join(tree, 'sub/a b.txt'), '0123456789');
  await writeFile(join(tree, 'empty'), '');
  await symlink('../secret', join(tree, 'leak'));
  await symlink('sub/a b.txt', join(tree, 'link'));
  const seen: string[] = [];
  const server = await serveDirectory(tree, {
    port: 0,
    onRequest: ({ status, path }) => seen.push(`${status} ${path}`),
  });
  t.teardown(server.close);
  const { port } = server;

  const whole = await ask(port, '//sub/a%20b.txt?x=1');
  t.like(whole, { status: 200, body: '0123456789' });
  const part = await ask(port, '/link', { range: 'bytes=-3' });
  t.like(part, { status: 206, body: '789' });
  t.is(part.headers['content-range'], 'bytes 7-9/10');
  const { etag = '' } = whole.headers;
  t.is((await ask(port, '/link', { range: 'bytes=1-', 'if-range': etag })).status, 206);
  t.is((await ask(port, '/link', { range: 'bytes=1-', 'if-range': '"old"' })).body, '0123456789');
  const modified = whole.headers['last-modified'] ?? '';
  t.is((await ask(port, '/link', { range: 'bytes=1-', 'if-range': modified })).status, 206);
  for (const known of [{ 'if-none-match': etag }, { 'if-modified-since': modified }])
    t.like(await ask(port, '/link', known), { status: 304, body: '' });
  for (const unknown of [
    { 'if-none-match': '"old"', 'if-modified-since': modified },
    { 'if-modified-since': 'Sat, 14 Nov 2020 12:00:00 GMT' },
    { 'if-modified-since': 'yesterday' },
  ])
    t.is((await ask(port, '/link', unknown)).status, 200);
  t.is(whole.headers['content-type'], 'text/plain; charset=utf-8');
  t.is((await ask(port, '/empty')).headers['content-type'], 'application/octet-stream');
  const beyond = await ask(port, '/link', { range: 'bytes=10-' });
  t.like(beyond, { status: 416, body: '' });
  t.is(beyond.headers['content-range'], 'bytes */10');
  t.like(await ask(port, '/empty'), { status: 200, body: '' });
  const head = await ask(port, '/link', {}, 'HEAD');
  t.like(head, { status: 200, body: '' });
  t.is(head.headers['content-length'], '10');
  t.true(head.raw.includes('Content-Length'), 'GRUB reads the length in this spelling only');
  for (const [path, status] of [
    ['/../secret', 403],
    ['/%2e%2e/secret', 403],
    ['/sub/..%2f..%2fsecret', 403],
    ['/leak', 403],
    ['/', 403],
    ['/sub', 404],
    ['/missing', 404],
    ['/link/more', 404],
    ['/%zz', 400],
    ['/a%00b', 400],
  ] as const) {
    t.is((await ask(port, path)).status, status, path);
  }
  t.is((await ask(port, '/link', {}, 'POST')).status, 405);
  t.is(seen[0], '200 //sub/a%20b.txt');

  const elsewhere = serveDirectory(tree, { port: 0, address: '192.0.2.1' });
  await t.throwsAsync(elsewhere, { code: 'host/port-unavailable', message: /192\.0\.2\.1/ });
  const taken = await t.throwsAsync(serveDirectory(tree, { port }), { instanceOf: KronosError });
  t.is(taken.code, 'host/port-unavailable');
});
