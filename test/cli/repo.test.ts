// kronos repo as a person calls it.
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { run, start } from '../../src/common/process.ts';
import { PROGRAM } from '../builder/faults/kronos.ts';
import { temporaryDirectory } from '../temporary.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('serve tells where, serves, and ends well with Ctrl-C', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, 'repo'));
  await writeFile(join(directory, 'repo/file.txt'), 'text');
  const port = await freePort();
  const served = join(directory, 'repo');
  const child = start([process.execPath, PROGRAM, 'repo', 'serve', served, '--port', String(port)]);
  t.teardown(() => {
    child.kill('SIGKILL');
  });
  let told = '';
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      if (told.includes('Serve\n')) resolve();
    });
  });
  t.true(told.includes(`http://127.0.0.1:${port}/`));
  let response: Response | undefined;
  // It says so before it listens.
  for (let attempt = 0; response === undefined && attempt < 200; attempt += 1) {
    response = await fetch(`http://127.0.0.1:${port}/file.txt`).catch(() => undefined);
    if (response === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.is(await response?.text(), 'text');
  child.kill('SIGINT');
  t.is(await child.done, 0);
  t.is(printed, 'requests answered: 1\n');
});

test('mistakes are told', async (t) => {
  const directory = await temporaryDirectory(t);
  const cases: readonly [string[], RegExp, number][] = [
    [['make', directory], /^error input\/bad-option: .*--key/, 2],
    [
      ['make', directory, '--key', 'x', '--suite', 'a/b'],
      /^error input\/bad-option: .*one word/,
      2,
    ],
    [['make', directory, '--key', 'x'], /^error input\/no-repository: /, 2],
    [
      ['make', directory, '--key', 'x', '--suite', 'trixie'],
      /^error input\/missing-argument: .*trixie/,
      2,
    ],
    [['verify', directory, '--keyring', 'x'], /^error input\/no-repository: /, 2],
    [['serve', join(directory, 'missing')], /^error input\/no-such-file: /, 2],
  ];
  for (const [words, expected, status] of cases) {
    const argv = [process.execPath, PROGRAM, 'repo', ...words];
    const { stderr, exitCode } = await run(argv, { accept: [2] });
    t.regex(stderr, expected);
    t.is(exitCode, status);
  }
});
