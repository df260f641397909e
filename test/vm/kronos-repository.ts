// The packages of Kronos in a signed repository, made and served as an operator does it, for guests of this machine.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { run, start } from '../../src/common/process.ts';
import { dropKey, makeKey } from '../builder/apt/repository.ts';
import { freePort } from './ports.ts';

/** Where a guest sees servers of this machine. */
const OUTSIDE = '10.0.2.2';

/** Seconds for the server to start on a busy machine. */
const PATIENCE = 60;

/** Serves the packages, and those of other directories, until the test ends; resolves with the lines that an operator pastes. */
export async function serveKronosRepository(
  t: ExecutionContext,
  directory: string,
  more: readonly string[] = [],
): Promise<string> {
  const key = await makeKey();
  t.teardown(() => dropKey(key));
  const environment = { ...process.env, GNUPGHOME: key.home } as Record<string, string>;
  const packages = join(directory, 'packages');
  const repository = join(directory, 'repository');
  const port = await freePort();
  const url = `http://${OUTSIDE}:${port}`;
  await run(['./kronos', 'package', 'deb', '--out', packages], { environment });
  const name = 'test@mirror.example';
  const make = [
    './kronos',
    'repo',
    'make',
    repository,
    packages,
    ...more,
    '--key',
    name,
    '--url',
    url,
  ];
  const { stdout } = await run([...make, '--json'], { environment });
  const server = start(['./kronos', 'repo', 'serve', repository, '--port', String(port)]);
  t.teardown(async () => {
    server.kill();
    await server.done;
  });
  await answers(`http://127.0.0.1:${port}/dists/stable/InRelease`);
  return (JSON.parse(stdout) as { lines: string }).lines;
}

async function answers(url: string): Promise<void> {
  for (let second = 0; second < PATIENCE; second += 1) {
    const found = await fetch(url).catch(() => undefined);
    if (found?.ok === true) return;
    await sleep(1000);
  }
  throw new Error(`${url} cannot be fetched`);
}
