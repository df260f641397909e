// A private apt: own lists, own sources, an empty machine. Of the host's apt only the way to the network is used.
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestData, digestFile } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { withTemporaryDirectory } from '../../common/files.ts';
import { CommandError, FIXED_ENVIRONMENT, run, type RunResult } from '../../common/process.ts';
import type { Progress } from '../../common/progress.ts';
import { errorFromApt } from './messages.ts';
import { PackageIndex, parsePackages, type PackageRecord } from './packages.ts';
import { canonicalUri, formatSources, normalizeUri, type AptSource } from './sources.ts';
import { parseStanzas, stripSignature } from './stanzas.ts';

export interface AptRootOptions {
  /** The build's cache; downloaded indices are kept in `apt/` below it. */
  cache: string;
  architecture: string;
  sources: readonly AptSource[];
  signal?: AbortSignal | undefined;
}

/** An apt that knows nothing but its sources. Made by `withAptRoot`. */
export interface AptRoot {
  directory: string;
  lists: string;
  architecture: string;
  sources: readonly AptSource[];
  signal: AbortSignal | undefined;
}

/** Settings of the host's apt that say how to reach the network, and how old an index may be (snapshots). */
const NETWORK_SETTING =
  /^Acquire::(?:https?|ftp|socks5h?|ForceIPv[46]|Retries|Queue-Mode|ProxyAutoDetect|Check-Valid-Until|Min-ValidTime|Max-ValidTime)\b/i;

/** How long another run's lock on the same lists is waited for, in seconds. */
const LOCK_PATIENCE = 120;

/** apt's configuration language: `"` cannot be escaped inside a value. */
function setting(name: string, value: string): string {
  if (/["\n\\]/.test(value)) {
    throw new KronosError(
      'input/bad-path',
      `apt cannot be given ${JSON.stringify(value)} for ${name}`,
      {
        hint: 'use a cache directory without quotes and backslashes in its path',
      },
    );
  }
  return `${name} "${value}";\n`;
}

async function hostNetworkSettings(): Promise<string> {
  const { stdout } = await run(['apt-config', 'dump'], {
    environment: FIXED_ENVIRONMENT,
    extendEnvironment: true,
  });
  return stdout
    .split('\n')
    .filter(
      (line) =>
        NETWORK_SETTING.test(line) && !/^Acquire::https?::[^"]*(?:ConfigDir|SendAccept)/.test(line),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** The APT_CONFIG file: read first, and it turns off everything of the host's that would be read after it. */
function configuration(
  directory: string,
  lists: string,
  architecture: string,
  network: string,
): string {
  const empty = join(directory, 'empty');
  return [
    network,
    setting('Dir::State', directory),
    setting('Dir::State::lists', lists),
    setting('Dir::State::status', join(directory, 'status')),
    setting('Dir::State::extended_states', join(directory, 'extended_states')),
    setting('Dir::Cache', join(directory, 'cache')),
    setting('Dir::Etc::sourcelist', join(directory, 'sources.list')),
    setting('Dir::Etc::sourceparts', empty),
    setting('Dir::Etc::parts', empty),
    setting('Dir::Etc::main', '/dev/null'),
    setting('Dir::Etc::preferences', join(directory, 'preferences')),
    setting('Dir::Etc::preferencesparts', empty),
    setting('Dir::Etc::trusted', '/dev/null'),
    setting('Dir::Etc::trustedparts', empty),
    setting('Dir::Log', join(directory, 'log')),
    setting('APT::Architecture', architecture),
    `APT::Architectures { "${architecture}"; };\n`,
    setting('APT::Install-Recommends', 'false'),
    setting('APT::Install-Suggests', 'false'),
    setting('APT::Get::AllowUnauthenticated', 'false'),
    setting('APT::Update::Error-Mode', 'any'),
    setting('Acquire::Languages', 'none'),
    setting('Acquire::AllowInsecureRepositories', 'false'),
    setting('Acquire::AllowWeakRepositories', 'false'),
    setting('Acquire::PDiffs', 'false'),
    // Root's apt would drop to the user _apt, who cannot read a private cache.
    setting('APT::Sandbox::User', ''),
    setting('Debug::NoLocking', 'false'),
  ].join('');
}

/** Key files under names that tell apt their format: it goes by the suffix. */
async function copyKeys(
  sources: readonly AptSource[],
  directory: string,
): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for (const { keyring } of sources) {
    if (keyring === undefined || keys.has(keyring)) continue;
    const head = (await readFile(keyring)).subarray(0, 4096).toString('latin1');
    const suffix = head.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') ? 'asc' : 'gpg';
    const target = join(directory, `${keys.size}.${suffix}`);
    await copyFile(keyring, target);
    keys.set(keyring, target);
  }
  return keys;
}

/**
 * Runs `work` with a private apt; its indices are kept in the cache for the next run with the same sources.
 * Errors: `input/bad-source`, `input/bad-path`, those of node:fs for key files that cannot be read.
 */
export async function withAptRoot<T>(
  options: AptRootOptions,
  work: (root: AptRoot) => Promise<T>,
): Promise<T> {
  const base = resolve(options.cache, 'apt');
  // A sources.list cannot name a key file whose path has white space.
  const plain = !/[\s[\]]/.test(base);
  return withTemporaryDirectory(base, async (directory) =>
    withTemporaryDirectory(plain ? directory : tmpdir(), async (keyDirectory) => {
      const keyrings = await Promise.all(
        options.sources.map(async ({ keyring }) =>
          keyring === undefined ? '' : digestFile(keyring),
        ),
      );
      const identity = digestData([options.architecture, options.sources, keyrings]).slice(0, 16);
      const lists = join(base, `lists-${identity}`);
      for (const path of [
        join(lists, 'partial'),
        ...['cache/archives/partial', 'empty', 'log'].map((name) => join(directory, name)),
      ]) {
        await mkdir(path, { recursive: true });
      }
      const keys = await copyKeys(options.sources, keyDirectory);
      await writeFile(
        join(directory, 'apt.conf'),
        configuration(directory, lists, options.architecture, await hostNetworkSettings()),
      );
      await writeFile(
        join(directory, 'sources.list'),
        formatSources(options.sources, options.architecture, keys),
      );
      await writeFile(join(directory, 'status'), '');
      await writeFile(join(directory, 'preferences'), '');
      return work({
        directory,
        lists,
        architecture: options.architecture,
        sources: options.sources,
        signal: options.signal,
      });
    }),
  );
}

/** Environment that makes any apt tool use the private root. */
export function aptEnvironment(root: AptRoot): Record<string, string> {
  return {
    ...FIXED_ENVIRONMENT,
    LC_ALL: 'C',
    LANGUAGE: '',
    APT_CONFIG: join(root.directory, 'apt.conf'),
  };
}

/**
 * Runs an apt tool in the private root. `doing` is a gerund phrase for messages.
 * Errors: as `errorFromApt` reads them, `interrupted/cancelled`, `dependency/tool-missing`.
 */
export async function runApt(
  root: AptRoot,
  argv: readonly string[],
  doing: string,
  options: { onLine?: (line: string) => void; cwd?: string } = {},
): Promise<RunResult> {
  try {
    return await run(argv, {
      environment: aptEnvironment(root),
      extendEnvironment: true,
      signal: root.signal,
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } catch (error) {
    if (error instanceof CommandError) {
      throw errorFromApt(doing, `${error.stderr}\n${error.stdout}`, { cause: undefined });
    }
    throw error;
  }
}

/**
 * Brings the indices up to date and has apt check their signatures.
 * Errors: `verification/index-signature`, `verification/index-digest`, `io/mirror-unreachable`, `io/disk-full`, ...
 */
export async function updateIndices(root: AptRoot, progress: Progress): Promise<void> {
  const until = Date.now() + LOCK_PATIENCE * 1000;
  for (;;) {
    try {
      await runApt(root, ['apt-get', 'update'], 'reading the package indices', {
        onLine: (line) => {
          const match = /^(?:Get|Hit):\d+ (\S+) (\S+)/.exec(line);
          if (match !== null) progress.note(`${match[1] ?? ''} ${match[2] ?? ''}`);
        },
      });
      return;
    } catch (error) {
      const locked = error instanceof KronosError && error.code === 'io/locked';
      if (!locked || Date.now() > until) {
        // Nothing half-checked stays for a later run to trust.
        await rm(join(root.lists, 'partial'), { recursive: true, force: true });
        await mkdir(join(root.lists, 'partial'), { recursive: true });
        throw error;
      }
      progress.note('waiting for another run to finish reading the indices');
      await sleep(500);
    }
  }
}

/** Every package of every source. Reads what `updateIndices` left. */
export async function readIndex(root: AptRoot): Promise<PackageIndex> {
  const targets = await runApt(
    root,
    [
      'apt-get',
      'indextargets',
      '--format',
      '$(FILENAME)\t$(REPO_URI)\t$(RELEASE)',
      'Created-By: Packages',
    ],
    'finding the package indices',
  );
  const records: PackageRecord[] = [];
  const seen = new Set<string>();
  for (const line of targets.stdout.split('\n')) {
    const [file, uri, suite] = line.split('\t');
    if (file === undefined || uri === undefined || file === '' || seen.has(file)) continue;
    seen.add(file);
    const source = root.sources.find(
      (one) => canonicalUri(normalizeUri(uri)) === canonicalUri(one.uri) && one.suite === suite,
    );
    if (source === undefined) continue;
    const { stdout } = await runApt(
      root,
      ['/usr/lib/apt/apt-helper', 'cat-file', file],
      'reading a package index',
    );
    for (const record of parsePackages(stdout, source.name)) records.push(record);
  }
  return new PackageIndex(records);
}

/** The newest `Date` of the Release files in use, in seconds since 1970; 0 when only local files are used. */
export async function newestReleaseDate(root: AptRoot): Promise<number> {
  let newest = 0;
  for (const name of await readdir(root.lists)) {
    if (!/_(?:In)?Release$/.test(name)) continue;
    const text = stripSignature(await readFile(join(root.lists, name), 'utf8'));
    const date = Date.parse(parseStanzas(text)[0]?.get('date') ?? '');
    if (Number.isFinite(date)) newest = Math.max(newest, Math.floor(date / 1000));
  }
  return newest;
}
