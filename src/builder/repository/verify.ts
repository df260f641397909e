// kronos repo verify: a repository as its readers see it, from the signatures down to every package.
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { exists, withTemporaryDirectory } from '../../common/files.ts';
import { CommandError, run } from '../../common/process.ts';
import type { Problem } from '../manifest/compare.ts';
import { binaryKeyring, checkSignature } from '../manifest/signature.ts';
import { SIGNATURE_REQUIRED } from '../rpm-options.ts';
import {
  DISTS,
  inspectAptArchive,
  listSuites,
  type AptSuite,
  type InspectOptions,
} from './apt-archive.ts';
import { signatureProblem } from './problems.ts';
import { inspectYumArchive, RPM, type RpmEntry } from './yum-archive.ts';

export interface CheckedSuite {
  kind: 'apt' | 'yum';
  suite: string;
  packages: number;
  /** Fingerprint of the key that signed it. */
  key: string;
}

export interface RepositoryReport {
  directory: string;
  suites: CheckedSuite[];
  problems: Problem[];
}

/** Which kinds of repository a directory holds. Errors: `input/no-repository` where it holds none. */
export async function findArchives(directory: string): Promise<{ apt: boolean; yum: boolean }> {
  const apt = (await listSuites(join(directory, DISTS))).length > 0;
  const yum = (await listSuites(join(directory, RPM))).length > 0;
  if (!apt && !yum) {
    throw new KronosError('input/no-repository', `there is no repository in ${directory}`, {
      hint: `make one with: kronos repo make ${directory} --key KEY PACKAGE...`,
    });
  }
  return { apt, yum };
}

/**
 * Checks signatures, indices and packages against a keyring; the report says what is wrong.
 * Errors, where nothing can be checked: `input/no-repository`, `input/keyring`, `dependency/tool-missing`.
 */
export async function verifyRepository(
  path: string,
  keyring: string,
  signal?: AbortSignal,
): Promise<RepositoryReport> {
  const directory = resolve(path);
  await findArchives(directory);
  return withTemporaryDirectory(tmpdir(), async (scratch) => {
    const options: InspectOptions = { keyring, scratch, signal };
    const apt = await inspectAptArchive(directory, options);
    const yum = await inspectYumArchive(directory, options);
    const problems = [...apt.problems, ...yum.problems];
    for (const suite of apt.suites)
      problems.push(...(await checkRelease(directory, suite, options)));
    problems.push(...(await findUnsigned(directory)));
    if (yum.suites.length > 0) {
      const rpmkeys = await trustKeyring(options);
      for (const { suite, entries } of yum.suites) {
        const wrong = await checkPackages(rpmkeys, entries, signal);
        problems.push(...wrong.map((one) => ({ ...one, file: join(RPM, suite, one.file) })));
      }
    }
    const count =
      (kind: CheckedSuite['kind']) =>
      ({ suite, entries, key }: { suite: string; entries: readonly unknown[]; key: string }) => ({
        ...{ kind, suite, packages: entries.length, key },
      });
    return {
      directory,
      suites: [...apt.suites.map(count('apt')), ...yum.suites.map(count('yum'))],
      problems,
    };
  });
}

/** Old clients read Release and Release.gpg instead of InRelease: they must say the same. */
async function checkRelease(
  directory: string,
  { suite, text }: AptSuite,
  options: InspectOptions,
): Promise<Problem[]> {
  const file = join(DISTS, suite, 'Release');
  const path = join(directory, file);
  const expected = 'what InRelease says';
  if (!(await exists(path)) || !(await exists(`${path}.gpg`)))
    return [{ name: 'missing-file', file, expected, found: 'nothing' }];
  if ((await readFile(path, 'utf8')) !== text)
    return [{ name: 'changed-file', file, expected, found: 'something else' }];
  const signature = await checkSignature(path, `${path}.gpg`, options);
  return signature.state === 'good' ? [] : [signatureProblem(file, signature)];
}

/** Suites that lack the file that clients begin with. */
async function findUnsigned(directory: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [archive, start] of [
    [DISTS, 'InRelease'],
    [RPM, 'repodata/repomd.xml'],
  ] as const) {
    for (const suite of await listSuites(join(directory, archive))) {
      const file = join(archive, suite, start);
      if (await exists(join(directory, file))) continue;
      problems.push({ name: 'missing-file', file, expected: 'a signed index', found: 'nothing' });
    }
  }
  return problems;
}

/** An rpmkeys with a key database of nothing but the keyring; the beginning of its command line. */
async function trustKeyring({ keyring, scratch, signal }: InspectOptions): Promise<string[]> {
  const rpmkeys = ['rpmkeys', '--dbpath', join(scratch, 'rpmdb')];
  const armoured = join(scratch, 'keyring.asc');
  // rpm takes only an armoured one.
  const binary = await binaryKeyring(keyring, scratch);
  const gpg = ['gpg', '--batch', '--homedir', scratch, '--no-default-keyring'];
  const output = ['--armor', '--output', armoured];
  await run([...gpg, '--keyring', binary, ...output, '--export'], { signal });
  await run([...rpmkeys, '--import', armoured], { signal });
  return rpmkeys;
}

/** Every RPM package must carry a signature of its own. */
async function checkPackages(
  rpmkeys: readonly string[],
  entries: readonly RpmEntry[],
  signal: AbortSignal | undefined,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { path, file } of entries) {
    try {
      await run([...rpmkeys, ...SIGNATURE_REQUIRED, '--checksig', file], { signal });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const found = error.stdout.trim().replace(/^.*: /, '');
      problems.push({ name: 'signature', file: path, expected: 'a good signature', found });
    }
  }
  return problems;
}
