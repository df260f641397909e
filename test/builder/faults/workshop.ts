// A place with the small edition, where caches are made as a test needs them.
import { execFileSync } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestFile } from '../../../src/common/digest.ts';
import { exists, listFiles } from '../../../src/common/files.ts';
import { BlobStore } from '../../../src/builder/store/blobs.ts';
import { cacheDirectory } from '../../../src/cli/options.ts';
import { makeSmallEdition, type OwnPackage, type SmallEdition } from './small.ts';

/** Names of the steps of a build in their order. */
export type StepName =
  | ('tools' | 'packages' | 'loader' | 'programs' | 'files')
  | ('initrd' | 'grub' | 'iso' | 'pxe' | 'release');

export class Workshop {
  readonly directory: string;
  readonly edition: SmallEdition;

  private constructor(directory: string, edition: SmallEdition) {
    this.directory = directory;
    this.edition = edition;
  }

  static async open(extra: readonly OwnPackage[] = []): Promise<Workshop> {
    const directory = await mkdtemp(join(tmpdir(), 'kronos-faults-'));
    return new Workshop(directory, await makeSmallEdition(directory, extra));
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A cache with all packages, and with finished steps of another one. */
  async makeCache(name: string, from?: string, steps: readonly StepName[] = []): Promise<string> {
    const cache = this.path(name);
    const [source, target] = [new BlobStore(cacheDirectory(undefined)), new BlobStore(cache)];
    const fetched = this.edition.lock.packages.filter(({ origin }) => origin !== 'made');
    // Some are in two layers.
    for (const sha256 of new Set(fetched.map((one) => one.sha256))) {
      const path = target.path(sha256);
      await mkdir(dirname(path), { recursive: true });
      await link(source.path(sha256), path).catch(() => copyFile(source.path(sha256), path));
    }
    if (from !== undefined) await copySteps(from, cache, steps);
    return cache;
  }

  /** The arguments of a build of the edition. */
  build(cache: string, out: string, ...more: string[]): string[] {
    const { recipes } = this.edition;
    return ['build', 'small', '--recipes', recipes, '--cache', cache, '--out', out, ...more];
  }
}

/** Copies finished steps from one cache to another, which may be on another file system. */
export async function copySteps(
  from: string,
  to: string,
  wanted: readonly StepName[],
): Promise<void> {
  for (const { path, name } of await listSteps(from)) {
    if (name === undefined || !wanted.includes(name as StepName)) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    execFileSync('cp', ['-a', join(from, path), join(to, path)]);
  }
}

/** The outputs of steps in a cache; one without a record has no name. */
export async function listSteps(
  cache: string,
): Promise<{ path: string; name: string | undefined }[]> {
  const found: { path: string; name: string | undefined }[] = [];
  for (const shard of await readdir(join(cache, 'steps')).catch(() => [])) {
    for (const rest of await readdir(join(cache, 'steps', shard))) {
      const path = join('steps', shard, rest);
      const text = await readFile(join(cache, path, '.step.json'), 'utf8').catch(() => '{}');
      found.push({ path, name: (JSON.parse(text) as { name?: string }).name });
    }
  }
  return found;
}

/** What is wrong with a cache that nobody works in: halves of outputs, and work that was left. */
export async function cacheFaults(cache: string): Promise<string[]> {
  const work = await readdir(join(cache, 'work')).catch(() => []);
  const halves = (await listSteps(cache)).filter(({ name }) => name === undefined);
  return [...work.map((name) => `work/${name}`), ...halves.map(({ path }) => path)];
}

/** Every file of a release with its digest, sorted; our own record of what was copied is left out. */
export async function digestRelease(out: string): Promise<Record<string, string>> {
  const directory = join(out, 'small-amd64');
  const digests: Record<string, string> = {};
  for (const path of (await exists(directory)) ? await listFiles(directory) : []) {
    if (path !== '.kronos-release.json') digests[path] = await digestFile(join(directory, path));
  }
  return digests;
}
