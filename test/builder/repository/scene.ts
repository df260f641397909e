// What the tests of repositories share: a directory, keys, a repository made by the real thing.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { findPackageFiles } from '../../../src/builder/repository/inputs.ts';
import { makeRepository, type MadeRepository } from '../../../src/builder/repository/make.ts';
import { digestOf } from '../../../src/common/digest.ts';
import { serveDirectory } from '../../../src/common/file-server.ts';
import { listFiles } from '../../../src/common/files.ts';
import { CommandError } from '../../../src/common/process.ts';
import { SILENT } from '../../../src/common/progress.ts';
import type { MakeOptions } from '../../../src/builder/repository/making.ts';
import type { SigningKey } from '../apt/repository.ts';
import { temporaryDirectory } from '../../temporary.ts';

/** Makes or updates a repository with a key. */
export async function make(
  key: SigningKey,
  directory: string,
  packages: readonly string[],
  options: Partial<MakeOptions> = {},
): Promise<MadeRepository> {
  process.env['GNUPGHOME'] = key.home;
  const files = await findPackageFiles(packages);
  return makeRepository(
    { directory, files, key: 'test@mirror.example', suites: ['stable'], ...options },
    SILENT,
  );
}

/** A copy of a repository that the test may spoil. */
export async function copyOf(t: ExecutionContext, repository: string): Promise<string> {
  const copy = join(await temporaryDirectory(t), 'repo');
  await cp(repository, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** Serves it for the time of the test; returns the address. Paths that are asked for go to `requests`. */
export async function serve(
  t: ExecutionContext,
  directory: string,
  requests: string[] = [],
): Promise<string> {
  process.env['no_proxy'] = '127.0.0.1';
  const onRequest = ({ path }: { path: string }) => requests.push(path);
  const server = await serveDirectory(directory, { port: 0, onRequest });
  t.teardown(server.close);
  return `http://127.0.0.1:${server.port}`;
}

/** sha256 of every file below a directory. */
export async function digests(directory: string): Promise<Record<string, string>> {
  const paths = await listFiles(directory);
  const entries = paths.map(
    async (path) => [path, digestOf(await readFile(join(directory, path)))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** What a program says that fails, or nothing where it does not fail. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof CommandError) return `${error.stderr}\n${error.stdout}`;
    throw error;
  }
  return '';
}
