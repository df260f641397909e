// A real PostgreSQL of a test's own: a private cluster in a temporary directory.
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../../src/builder/host-programs.ts';
import { exists } from '../../../src/common/files.ts';
import { run, start, type Child } from '../../../src/common/process.ts';

/** `nobody`: the server refuses to run as root. */
const NOBODY = 65534;

export interface PostgresServer {
  /** By the socket, as the superuser. */
  url: string;
  /** By TCP, where a password is asked for; the user is `kronos` too. */
  tcpUrl: (password: string) => string;
  /** Runs statements. */
  query: (text: string) => Promise<string>;
  /** Ends it as a crash would, and starts it again. */
  crash: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a cluster with the database `kronos`. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = await findPrograms();
  const directory = await mkdtemp(join(tmpdir(), 'kronos-pg-'));
  const root = process.getuid?.() === 0;
  if (root) await chown(directory, NOBODY, NOBODY);
  await chmod(directory, 0o700);
  const as = (pdeathsig: boolean): string[] => [
    ...['setpriv', ...(pdeathsig ? ['--pdeathsig', 'KILL'] : [])],
    ...(root ? ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'] : []),
    '--',
  ];
  const data = join(directory, 'data');
  await run(
    [
      ...[...as(true), join(bin, 'initdb'), '-D', data, '-U', 'kronos', '-E', 'UTF8', '--locale=C'],
      ...['--no-sync', '--auth-local=trust', '--auth-host=scram-sha-256'],
    ],
    { cwd: '/' },
  );
  const port = await freePort();
  const query = async (text: string, database = 'kronos'): Promise<string> => {
    const psql = [join(bin, 'psql'), '-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
    const place = ['-h', directory, '-p', `${port}`, '-U', 'kronos', '-d', database];
    return (await run([...psql, ...place], { input: text, cwd: '/' })).stdout;
  };
  let server: Child;
  const launch = async (): Promise<void> => {
    const settings = ['fsync=off', `port=${port}`, 'listen_addresses=127.0.0.1'];
    const argv = [...as(true), join(bin, 'postgres'), '-D', data, '-k', directory];
    for (const setting of settings) argv.push('-c', setting);
    server = start(argv, { cwd: '/', stdout: 'ignore', stderr: 'ignore' });
    const ready = [join(bin, 'pg_isready'), '-h', directory, '-p', `${port}`, '-d', 'postgres'];
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if ((await run(ready, { accept: [0, 1, 2], cwd: '/' })).exitCode === 0) return;
      await sleep(100);
    }
    throw new Error('PostgreSQL did not start');
  };
  await launch();
  await query('CREATE DATABASE kronos', 'postgres');
  return {
    url: `postgresql://kronos@localhost:${port}/kronos?host=${encodeURIComponent(directory)}`,
    tcpUrl: (password) => `postgresql://kronos:${password}@127.0.0.1:${port}/kronos`,
    query,
    crash: async () => {
      server.kill('SIGQUIT');
      await server.done;
      await launch();
    },
    stop: async () => {
      server.kill('SIGQUIT');
      await server.done;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Debian keeps the programs of a server beside those of its other versions, not where a shell looks. */
async function findPrograms(): Promise<string> {
  const versions = '/usr/lib/postgresql';
  const found = (await exists(versions)) ? await readdir(versions) : [];
  for (const version of found.sort((a, b) => Number(b) - Number(a))) {
    const bin = join(versions, version, 'bin');
    if (await exists(join(bin, 'initdb'))) return bin;
  }
  const path = await findProgram('initdb');
  if (path === undefined) throw new Error('the tests need PostgreSQL: apt-get install postgresql');
  return join(path, '..');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
