// npm run bench:install [-- --rounds N]: in one live system, in turns, a disk is installed by Kronos, by hand with the
// least that makes a host, and package by package from a local repository as debian-installer does.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { buildRelease, ensureTools } from '../src/builder/build.ts';
import { readLock } from '../src/builder/lock/read.ts';
import type { LockedPackage } from '../src/builder/lock/lock.ts';
import { openSelection } from '../src/builder/request.ts';
import { BlobStore } from '../src/builder/store/blobs.ts';
import { cacheDirectory, parseCount } from '../src/cli/options.ts';
import { exitCodeOf, formatError } from '../src/common/error.ts';
import { run } from '../src/common/process.ts';
import { UNOBSERVED } from '../src/common/progress.ts';
import { makeDisk } from '../test/vm/disk.ts';
import { hostText } from '../test/vm/host-text.ts';
import {
  addKernelArguments,
  installUnattended,
  putFile,
  resumeLive,
  sharedLive,
  type Live,
  type LiveMachine,
} from '../test/vm/live.ts';
import { BARE, BY_PACKAGE } from './install-scripts.ts';
import { median } from './report.ts';

interface Options {
  rounds: number;
  packages: boolean;
}

/** Package by package takes long without KVM. */
const PATIENCE = 5400;

interface Way {
  name: string;
  /** Disks besides the one that is installed on. */
  disks: string[];
  /** Installs on the disk KRONOS-LAB-0 and returns seconds. */
  install: (machine: LiveMachine) => Promise<number>;
}

async function main({ rounds, packages }: Options): Promise<void> {
  const { signal } = new AbortController();
  const cache = cacheDirectory(undefined);
  const observer = { ...UNOBSERVED, warn: say };
  const out = join(import.meta.dirname, '../../out');
  process.env['KRONOS_LAB_ROOT'] ??= await ensureTools({ edition: 'lab', cache, observer, signal });
  await buildRelease({ edition: 'debian-13', cache, out, observer, signal });
  process.env['KRONOS_RELEASES'] = out;
  const directory = await mkdtemp(join(tmpdir(), 'kronos-bench-install-'));
  try {
    const live = await sharedLive();
    const seconds = new Map<string, number[]>();
    const measure = async (way: Way): Promise<void> => {
      const taken = await measureOnce(way, live, directory);
      seconds.set(way.name, [...(seconds.get(way.name) ?? []), taken]);
      say(`${way.name}: ${taken.toFixed(1)} s`);
    };
    for (let round = 0; round < rounds; round++)
      for (const way of [KRONOS, SCRIPT]) await measure(way);
    if (packages) await measure(await byPackage(cache, directory));
    report(seconds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measureOnce(way: Way, live: Live, directory: string): Promise<number> {
  const disk = await makeDisk(directory, 'target');
  const machine = await resumeLive(`bench, ${way.name}`, live);
  try {
    await machine.plug({ path: disk, bus: 'virtio', serial: 'KRONOS-LAB-0' });
    for (const [index, path] of way.disks.entries())
      await machine.plug({ path, bus: 'virtio', serial: `KRONOS-BENCH-${index}` });
    await addKernelArguments(machine, 'kronos.after=shell');
    await machine.shell('udevadm settle');
    return await way.install(machine);
  } finally {
    await machine.stop();
    await rm(disk);
  }
}

const KRONOS: Way = {
  name: 'Kronos',
  disks: [],
  install: (machine) =>
    timed('Kronos', () => installUnattended(machine, hostText({ serial: 'KRONOS-LAB-0' }))),
};

const SCRIPT: Way = { name: 'bare minimum', disks: [], install: scripted('bare minimum', BARE) };

function scripted(name: string, script: string): Way['install'] {
  return async (machine) => {
    await putFile(machine, '/run/bench.sh', script);
    return timed(name, () => machine.shell('bash -e /run/bench.sh', PATIENCE));
  };
}

async function timed(
  name: string,
  work: () => Promise<{ code: number; output: string }>,
): Promise<number> {
  const started = performance.now();
  const { code, output } = await work();
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output.slice(-3000)}`);
  return (performance.now() - started) / 1000;
}

/** A second disk with the packages of the lock and their index. */
async function byPackage(cache: string, directory: string): Promise<Way> {
  const { lockFile } = await openSelection({ edition: 'debian-13' });
  const lock = await readLock(lockFile);
  const store = new BlobStore(cache);
  const locked = lock.packages.filter(({ layer }) => layer === 'host');
  const tree = join(directory, 'repository');
  await mkdir(join(tree, 'pool'), { recursive: true });
  const stanzas: string[] = [];
  for (const one of locked) {
    const file = `pool/${one.name}_${one.sha256.slice(0, 8)}.deb`;
    await copyFile(store.path(one.sha256), join(tree, file));
    stanzas.push(await stanzaOf(one, join(tree, file), file));
  }
  await writeFile(join(tree, 'Packages'), stanzas.join('\n'));
  const asked = locked.filter((one) => one.asked).map(({ name }) => name);
  await writeFile(join(tree, 'asked'), `${asked.join(' ')}\n`);
  const image = await makeDisk(directory, 'repository-disk', 2 * 1024 ** 3);
  await run(['mkfs.ext4', '-q', '-F', '-d', tree, image]);
  const name = 'package by package';
  return { name, disks: [image], install: scripted(name, BY_PACKAGE) };
}

async function stanzaOf(one: LockedPackage, path: string, file: string): Promise<string> {
  const { stdout } = await run(['dpkg-deb', '--field', path]);
  return `${stdout.trimEnd()}\nFilename: ${file}\nSize: ${one.size}\nSHA256: ${one.sha256}\n`;
}

function report(seconds: ReadonlyMap<string, readonly number[]>): void {
  const own = median(seconds.get(KRONOS.name) ?? []);
  for (const [name, all] of seconds) {
    const middle = median(all);
    const ratio = name === KRONOS.name ? '' : `, Kronos takes ${(own / middle).toFixed(2)} of it`;
    process.stdout.write(`${name}: ${middle.toFixed(1)} s${ratio}\n`);
  }
}

new Command('bench:install')
  .option('--rounds <n>', 'rounds of Kronos and the bare minimum, in turns', parseCount, 3)
  .option('--no-packages', 'leave out the installation package by package, which takes long')
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    say(formatError(error));
    process.exitCode = exitCodeOf(error);
  });
