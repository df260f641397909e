// Writes one suite of an apt archive: indices, their compressed forms, the same by digest, and the signed Release file.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../common/digest.ts';
import { linkFile } from '../../common/files.ts';
import { FIXED_ENVIRONMENT, run } from '../../common/process.ts';
import { signFile } from '../manifest/signature.ts';
import { compareVersions } from '../apt/version.ts';
import { byHashPath, DISTS } from './apt-archive.ts';
import { SHA256_ONLY, type DebEntry } from './deb.ts';
import type { SigningKey } from './key.ts';

export interface AptSuiteInput {
  suite: string;
  entries: readonly DebEntry[];
  origin: string;
  label: string;
  /** Seconds since 1970. */
  date: number;
  key: SigningKey;
}

/** Machines that Kronos builds for; they find an index even where it is empty. */
const USUAL_ARCHITECTURES = ['amd64', 'arm64'];

/** Architectures of a suite; packages of `all` are listed in each, because old clients look nowhere else. */
export function suiteArchitectures(entries: readonly DebEntry[]): string[] {
  const own = entries.map(({ architecture }) => architecture).filter((name) => name !== 'all');
  return [...new Set([...USUAL_ARCHITECTURES, ...own])].sort();
}

function byNameAndVersion(a: DebEntry, b: DebEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  const order = compareVersions(a.version, b.version);
  return order !== 0 ? order : a.architecture < b.architecture ? -1 : 1;
}

/** The index for one architecture. */
export function formatPackages(entries: readonly DebEntry[], architecture: string): string {
  return entries
    .filter((entry) => entry.architecture === 'all' || entry.architecture === architecture)
    .toSorted(byNameAndVersion)
    .map(({ text }) => `${text}\n\n`)
    .join('');
}

/** Options that make apt-ftparchive write the fields of the Release file. */
export function releaseArguments(
  input: Omit<AptSuiteInput, 'key' | 'entries'>,
  architectures: readonly string[],
): string[] {
  const fields = {
    Origin: input.origin,
    Label: input.label,
    Suite: input.suite,
    Codename: input.suite,
    Date: new Date(input.date * 1000).toUTCString().replace('GMT', 'UTC'),
    Architectures: architectures.join(' '),
    Components: 'main',
    'Acquire-By-Hash': 'yes',
  };
  return Object.entries(fields).flatMap(([name, value]) => [
    '-o',
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
}

/**
 * Writes the suite below `staging`, which holds nothing of it yet.
 * Errors: `input/signing-key`, `dependency/tool-missing`, those of running the tools.
 */
export async function writeAptSuite(
  input: AptSuiteInput,
  staging: string,
  signal?: AbortSignal,
): Promise<void> {
  const root = join(staging, DISTS, input.suite);
  const architectures = suiteArchitectures(input.entries);
  const indices: string[] = [];
  for (const architecture of architectures) {
    const index = `main/binary-${architecture}/Packages`;
    await writeIndex(join(root, index), formatPackages(input.entries, architecture), signal);
    indices.push(index, `${index}.gz`, `${index}.xz`);
  }
  const arguments_ = [...SHA256_ONLY, ...releaseArguments(input, architectures)];
  const { stdout } = await run(['apt-ftparchive', ...arguments_, 'release', '.'], {
    cwd: root,
    environment: FIXED_ENVIRONMENT,
    extendEnvironment: true,
    signal,
  });
  const release = join(root, 'Release');
  await writeFile(release, `${stdout}\n`);
  const at = Math.max(input.date, input.key.created);
  const { fingerprint } = input.key;
  await signFile(release, fingerprint, { output: `${release}.gpg`, at, signal });
  const inline = join(root, 'InRelease');
  await signFile(release, fingerprint, { form: 'clear', output: inline, at, signal });
  // Only now: the Release file would name them too.
  for (const index of indices) {
    const digest = digestOf(await readFile(join(root, index)));
    await linkFile(join(root, index), join(root, byHashPath(index, digest)));
  }
}

async function writeIndex(path: string, text: string, signal?: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await writeFile(`${path}.gz`, gzipSync(text, { level: 9 }));
  // One thread: with more, the bytes depend on how many there are.
  await run(['xz', '--keep', '--force', '-9', '--threads=1', path], { signal });
}
