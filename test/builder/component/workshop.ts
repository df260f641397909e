// Real programs with real libraries as sources, and real dpkg to try what comes out.
import { copyFile, mkdir, readFile, realpath, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildComponent, type ComponentOptions } from '../../../src/builder/component/component.ts';
import type { ComponentReport } from '../../../src/builder/component/report.ts';
import { basePackages } from '../../../src/builder/apt/base.ts';
import { makeLocalSource, readDebDirectory } from '../../../src/builder/apt/local.ts';
import { findMirror } from '../../../src/builder/apt/mirror.ts';
import { readIndex, updateIndices, withAptRoot } from '../../../src/builder/apt/root.ts';
import { solve } from '../../../src/builder/apt/solve.ts';
import { distributionSources } from '../../../src/builder/apt/sources.ts';
import { runInSandbox } from '../../../src/builder/sandbox/sandbox.ts';
import { hasMemoryForTree } from '../../../src/builder/sandbox/tree.ts';
import { fetchRecords } from '../../../src/builder/source/environment.ts';
import { BlobStore } from '../../../src/builder/store/blobs.ts';
import { cacheDirectory } from '../../../src/cli/options.ts';
import { run } from '../../../src/common/process.ts';
import { SILENT, UNOBSERVED } from '../../../src/common/progress.ts';
import { writeFiles } from '../../temporary.ts';
import type { Trial, TrialResult } from './jobs/try-packages.ts';

const IDLE = new AbortController().signal;
/** The date of all files: old enough for any clock. */
const DATE = 1_700_000_000;
export const SUITE = 'trixie';

const RECIPE = `recipe: probe
summary: A probe
origin: probe
packages: [probe-tools]
split:
  paths:
    - { from: /usr/lib64, to: "/usr/lib/{multiarch}" }
  edits:
    - { path: "/usr/lib/systemd/system/*.service", replace: xenstored.service, by: xen.service }
  packages:
    - name: probe-tools
      summary: Programs of the probe
      files: [/usr/bin/probe, /usr/bin/probe-link, /usr/libexec/probe-script, "/etc/probe/**", /usr/lib/systemd/system/probe.service]
      units: [probe.service]
      groups: [probers]
    - name: libprobelzma5
      summary: Library of the probe
      files: ["/usr/lib/{multiarch}/probe/**", /etc/ld.so.conf.d/probe.conf]
`;

/** Writes the recipe; returns the directory for --recipes. */
export async function writeRecipe(directory: string): Promise<string> {
  const recipes = join(directory, 'recipes');
  await writeFiles(recipes, { 'probe/recipe.yaml': RECIPE });
  return recipes;
}

/** The library that a program of this machine loads under a name. */
async function findLibrary(name: string): Promise<string> {
  const { stdout } = await run(['ldd', '/usr/bin/xz']);
  const path = new RegExp(`${name.replaceAll('.', '\\.')} => (\\S+)`).exec(stdout)?.[1];
  if (path === undefined) throw new Error(`xz does not load ${name}`);
  return realpath(path);
}

/**
 * A tree as an install step leaves it: xz under another name, its library of this machine, a script, a unit. With
 * `broken` the program wants a library that nobody has.
 */
export async function makeTree(root: string, broken = false): Promise<void> {
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  const program = await readFile('/usr/bin/xz');
  const wanted = broken ? 'libnope.so.5' : 'liblzma.so.5';
  const text = program.toString('latin1').replaceAll('liblzma.so.5', wanted);
  await writeFile(join(root, 'usr/bin/probe'), Buffer.from(text, 'latin1'), { mode: 0o755 });
  await symlink('probe', join(root, 'usr/bin/probe-link'));
  const libraries = join(root, 'usr/lib64/probe');
  await mkdir(libraries, { recursive: true });
  await copyFile(await findLibrary('liblzma.so.5'), join(libraries, 'liblzma.so.5.0.0'));
  await symlink('liblzma.so.5.0.0', join(libraries, 'liblzma.so.5'));
  await writeFiles(root, {
    'etc/probe/probe.conf': 'a=1\n',
    'etc/ld.so.conf.d/probe.conf': '/usr/lib/x86_64-linux-gnu/probe\n',
    'lib/systemd/system/probe.service':
      '[Unit]\nAfter=xenstored.service\n[Service]\nExecStart=/usr/bin/probe\n[Install]\nWantedBy=multi-user.target\n',
  });
  await mkdir(join(root, 'usr/libexec'), { recursive: true });
  await writeFile(join(root, 'usr/libexec/probe-script'), '#!/usr/bin/env python3\n', {
    mode: 0o755,
  });
  const { stdout } = await run(['find', root, '-type', 'f']);
  for (const file of stdout.split('\n')) await utimes(file, DATE, DATE);
}

/** What the program says of itself and of the library that it found. */
export async function ownVersions(): Promise<string> {
  return (await run(['xz', '--version'])).stdout;
}

/** Makes packages with the cache that all tests share, so that nothing is fetched twice. */
export function makeComponent(
  options: Pick<ComponentOptions, 'from' | 'recipes' | 'out'> & Partial<ComponentOptions>,
): Promise<ComponentReport> {
  return buildComponent({
    recipe: 'probe',
    suite: SUITE,
    architecture: 'amd64',
    cache: cacheDirectory(undefined),
    observer: UNOBSERVED,
    signal: IDLE,
    ...options,
  });
}

/** Has apt resolve packages from a directory and the suite, and dpkg unpack them; then runs a program. */
export async function tryPackages(
  directory: string,
  out: string,
  trial: Pick<Trial, 'packages' | 'run' | 'links' | 'groups'>,
): Promise<TrialResult> {
  const cache = cacheDirectory(undefined);
  const store = new BlobStore(cache);
  const mirror = await findMirror();
  const debs = await readDebDirectory(out);
  const local = await makeLocalSource('probe', debs, directory);
  const sources = [...distributionSources(mirror, SUITE, ['main']), local];
  const records = await withAptRoot(
    { cache: directory, architecture: 'amd64', sources },
    async (root) => {
      await updateIndices(root, SILENT);
      const index = await readIndex(root);
      const base = basePackages(index, new Set(['debian', 'debian-security']));
      return solve(root, index, {
        requests: [...base, ...trial.packages].map((name) => ({ name })),
        doing: 'installing the packages',
      });
    },
  );
  for (const deb of debs) {
    await store.putCopy(deb.path, {
      ...{ name: deb.name, version: '', size: deb.size, sha256: deb.sha256 },
    });
  }
  await fetchRecords(records, mirror, store, SILENT, IDLE);
  const input: Trial = {
    ...trial,
    ...{ tree: join(directory, 'trial'), treeInMemory: hasMemoryForTree() },
    ...{ blobs: store.directory, architecture: 'amd64', suite: SUITE },
    archives: records.map(({ name, version, architecture, sha256 }) => ({
      ...{ name, version, architecture, file: store.path(sha256) },
    })),
  };
  const job = new URL('jobs/try-packages.js', import.meta.url).href;
  await mkdir(dirname(input.tree), { recursive: true });
  return runInSandbox<TrialResult>(job, input, { progress: SILENT, signal: IDLE });
}
