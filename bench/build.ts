// npm run bench:build [-- --rounds N]: Kronos and live-build make an ISO of the same packages, in turns, in one run.
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { findMirror } from '../src/builder/apt/mirror.ts';
import { readLock } from '../src/builder/lock/read.ts';
import { openSelection, ownRecipes } from '../src/builder/request.ts';
import { BlobStore } from '../src/builder/store/blobs.ts';
import { fetchBlobs } from '../src/builder/store/fetch.ts';
import { cacheDirectory, parseCount } from '../src/cli/options.ts';
import { linkFile } from '../src/common/files.ts';
import { KronosError } from '../src/common/error.ts';
import { formatBytes } from '../src/common/format.ts';
import { run, start } from '../src/common/process.ts';
import { SILENT } from '../src/common/progress.ts';
import { buildWithLiveBuild, unpackLiveBuild, type LiveBuildOptions } from './live-build.ts';
import { cpuSeconds, measure, type Measurement } from './measure.ts';
import { formatPhases, formatSummary, summarize, type Round } from './report.ts';

interface Options {
  rounds: number;
  edition: string;
  cache?: string;
  liveBuild: boolean;
  json?: boolean;
}

/** Set for the copy of this program that has mounts and processes of its own. */
const INSIDE = 'KRONOS_BENCH_INSIDE';

/** The recipe file that is changed: part of the host layer of every edition. */
const CHANGED = { recipe: 'base', file: 'files/ssh-host-keys.conf' };

/** A tmpfs for live-build needs about 4 GB at the most; less free memory than this and it works on disk. */
const MEMORY_FOR_LIVE_BUILD = 8e9;

/** The kronos command of this checkout, and where its rounds work. */
interface Kronos {
  program: string;
  edition: string;
  work: string;
  blobs: readonly string[];
  store: BlobStore;
}

async function main(options: Options): Promise<void> {
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort());
  const { signal } = abort;
  const cache = cacheDirectory(options.cache);
  const { selection, lockFile } = await openSelection({ edition: options.edition });
  const lock = await readLock(lockFile);
  const mirror = await findMirror();
  say('fetching what is missing of the packages');
  await fetchBlobs(lock, { cache, edition: selection.edition }, SILENT, signal);
  await mkdir(join(cache, 'bench'), { recursive: true });
  // Whoever was killed could not tidy up. Two benches at once would spoil each other's figures anyway.
  for (const name of await readdir(join(cache, 'bench'))) {
    if (name.startsWith('run-')) await rm(join(cache, 'bench', name), { recursive: true });
  }
  const work = await mkdtemp(join(cache, 'bench', 'run-'));
  try {
    const program = resolve(ownRecipes(), '../kronos');
    const blobs = [...new Set(lock.packages.map((locked) => locked.sha256))];
    const kronos: Kronos = {
      ...{ program, edition: options.edition, work, blobs, store: new BlobStore(cache) },
    };
    let competitor: LiveBuildOptions | undefined;
    let version: string | undefined;
    if (options.liveBuild) {
      const directory = join(work, 'live-build');
      await mkdir(directory);
      const inMemory = freemem() > MEMORY_FOR_LIVE_BUILD;
      if (inMemory) await run(['mount', '-t', 'tmpfs', '-o', 'size=75%', 'tmpfs', directory]);
      const store = join(cache, 'bench', `live-build-${options.edition}`);
      competitor = { lock, selection, mirror, store, directory, signal };
      version = await unpackLiveBuild(competitor);
      say(
        `live-build ${version} unpacked to ${store}, works ${inMemory ? 'on a tmpfs' : 'on disk'}`,
      );
      say('live-build: warm-up, not measured: fills its cache of packages');
      const { packages } = await buildWithLiveBuild(competitor);
      say(
        comparePackages(
          packages,
          lock.packages.filter((entry) => entry.layer !== 'tools'),
        ),
      );
    }
    const rounds: Round[] = [];
    for (let number = 1; number <= options.rounds; number++) {
      const round = await kronosRound(kronos, number, signal);
      if (competitor !== undefined) round.liveBuild = await buildWithLiveBuild(competitor);
      rounds.push(round);
      say(`round ${number}: ${describeRound(round)}`);
    }
    report(options, version, rounds);
  } finally {
    await rm(work, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Cold build, nothing changed, one file changed; a cache and a result of their own. */
async function kronosRound(kronos: Kronos, number: number, signal: AbortSignal): Promise<Round> {
  const directory = join(kronos.work, `round-${number}`);
  const cache = join(directory, 'cache');
  const blobs = new BlobStore(cache);
  for (const sha256 of kronos.blobs) {
    await linkFile(kronos.store.path(sha256), blobs.path(sha256));
  }
  const recipes = join(directory, 'recipes');
  await cp(join(ownRecipes(), CHANGED.recipe), join(recipes, CHANGED.recipe), {
    recursive: true,
  });
  await appendFile(join(recipes, CHANGED.recipe, CHANGED.file), `# round ${number}\n`);
  const build = async (...more: string[]): Promise<Measurement> => {
    // The launcher compiles what was edited; that is not part of a build.
    await run([kronos.program, '--setup-only'], { signal });
    return measure(
      [
        ...[kronos.program, 'build', kronos.edition],
        ...['--cache', cache, '--out', join(directory, 'out'), ...more],
      ],
      {
        ...{ environment: { TERM: 'dumb' }, signal },
        phaseOf: (line) => /^start (.*)$/.exec(line)?.[1],
      },
    );
  };
  const cold = await build();
  expectSteps('cold', cold, (reused) => reused.length === 0);
  const isoBytes = await isoSize(join(directory, 'out'));
  const unchanged = await build();
  expectSteps('nothing changed', unchanged, (_, ran) => ran.length === 0);
  const changed = await build('--recipes', recipes);
  const tree = 'Install the packages';
  expectSteps(
    'one file changed',
    changed,
    (reused, ran) => reused.includes(tree) && ran.length > 0,
  );
  await rm(directory, { recursive: true, force: true });
  return { cold, unchanged, changed, isoBytes };
}

/** Lines of a build that are no cached steps. */
const UNCACHED = /^(Fetch the packages|Copy the release)/;

/** A build that did something else than it should is no result. */
function expectSteps(
  what: string,
  build: Measurement,
  holds: (reused: string[], ran: string[]) => boolean,
): void {
  const reused: string[] = [];
  const ran: string[] = [];
  for (const line of build.lines) {
    const [, title, status] = /^done {2}(.*?): (.*)$/.exec(line) ?? [];
    if (title === undefined || status === undefined || UNCACHED.test(title)) continue;
    (status.startsWith('reused') ? reused : ran).push(title);
  }
  if (reused.length + ran.length > 0 && holds(reused, ran)) return;
  throw new Error(`${what}: ran [${ran.join(', ')}], reused [${reused.join(', ')}]`);
}

async function isoSize(out: string): Promise<number> {
  for (const name of await readdir(out, { recursive: true })) {
    if (name.endsWith('.iso')) return (await stat(join(out, name))).size;
  }
  throw new Error(`no ISO in ${out}`);
}

/** How far the two package sets are the same. */
function comparePackages(
  packages: readonly string[],
  locked: readonly { name: string; version: string }[],
): string {
  const theirs = new Map(packages.map((line) => line.split(' ') as [string, string]));
  const names = new Set(locked.map((entry) => entry.name));
  const missing = locked.filter((entry) => !theirs.has(entry.name)).map((entry) => entry.name);
  const more = [...theirs.keys()].filter((name) => !names.has(name));
  const other = locked.filter(
    ({ name, version }) => theirs.has(name) && theirs.get(name) !== version,
  );
  return [
    `packages: ${locked.length} of the lock, ${theirs.size} in live-build's image`,
    `missing there: ${missing.join(' ') || 'none'}`,
    `only there: ${more.join(' ') || 'none'}`,
    `other versions: ${other.map((entry) => entry.name).join(' ') || 'none'}`,
  ].join('; ');
}

function describeRound({ cold, unchanged, changed, liveBuild, isoBytes }: Round): string {
  const one = (name: string, it: Measurement): string =>
    `${name} ${it.wall.toFixed(1)} s, ${cpuSeconds(it).toFixed(1)} CPU-s (waited for: ${it.waitedFor.toFixed(1)}, others: ${it.others.toFixed(1)})`;
  return [
    one('cold', cold),
    one('unchanged', unchanged),
    one('changed', changed),
    ...(liveBuild === undefined ? [] : [one('live-build', liveBuild)]),
    `ISO ${formatBytes(isoBytes)}`,
  ].join('; ');
}

function report(options: Options, version: string | undefined, rounds: Round[]): void {
  const summary = summarize(rounds);
  const last = rounds.at(-1);
  if (options.json === true) {
    const bare = (one: Measurement | undefined) =>
      one === undefined ? undefined : { ...one, lines: undefined };
    const all = rounds.map((round) => ({
      cold: bare(round.cold),
      unchanged: bare(round.unchanged),
      changed: bare(round.changed),
      liveBuild: bare(round.liveBuild),
      isoBytes: round.isoBytes,
    }));
    console.log(JSON.stringify({ liveBuild: version, ...summary, all }, undefined, 2));
    return;
  }
  console.log(
    `${options.edition}, ${availableParallelism()} processors, CPU time by ${
      last?.cold.method === 'cgroup' ? 'control group' : 'waited-for children'
    }${version === undefined ? '' : `, live-build ${version}`}\n`,
  );
  console.log(`${formatSummary(summary)}\n`);
  if (last === undefined) return;
  console.log(formatPhases('Kronos, cold, last round', last.cold));
  console.log(formatPhases('Kronos, one recipe file changed, last round', last.changed));
  if (last.liveBuild !== undefined) {
    console.log(formatPhases('live-build, last round', last.liveBuild));
  }
}

/** Runs this program again where mounts and processes end with it. Returns its exit code. */
async function runInside(): Promise<number> {
  if (process.getuid?.() !== 0) {
    throw new KronosError('host/not-root', 'live-build only runs as root', {
      hint: 'run the bench as root, or with --no-live-build',
    });
  }
  const child = start(
    [
      ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
      ...['--mount-proc', process.execPath, ...process.argv.slice(1)],
    ],
    {
      stdin: 'ignore',
      stdout: 'inherit',
      stderr: 'inherit',
      environment: { ...environment(), [INSIDE]: '1' },
    },
  );
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
  return child.done;
}

function environment(): Record<string, string> {
  const known = Object.entries(process.env).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(known) as Record<string, string>;
}

await new Command('bench:build')
  .description('Measures kronos build and live-build on the same packages, in turns.')
  .option('--rounds <N>', 'how often each is measured', parseCount, 3)
  .option('--edition <NAME>', 'what is built', 'debian-13')
  .option('--cache <DIR>', 'where packages are (default as kronos build)')
  .option('--no-live-build', 'only Kronos')
  .option('--json', 'print one JSON document')
  .action(async (options: Options) => {
    if (options.liveBuild && process.env[INSIDE] === undefined)
      process.exitCode = await runInside();
    else await main(options);
  })
  .parseAsync();
