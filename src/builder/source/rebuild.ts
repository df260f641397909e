// A Debian source package rebuilt for the edition's suite: a newer Xen or Open vSwitch than the suite has.
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { digestData } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import {
  readTextOrUndefined,
  withTemporaryDirectory,
  writeFileAtomic,
} from '../../common/files.ts';
import type { Progress } from '../../common/progress.ts';
import { readDebDirectory, type LocalDeb } from '../apt/local.ts';
import type { Mirror } from '../apt/sources.ts';
import { removeTree } from '../sandbox/remove.ts';
import { runInSandbox } from '../sandbox/sandbox.ts';
import { hasMemoryForTree } from '../sandbox/tree.ts';
import { BlobStore } from '../store/blobs.ts';
import { BUILD_PROFILES, fetchBuildEnvironment, type BuildSuite } from './environment.ts';
import { fetchSource, type SourceRequest } from './fetch-source.ts';
import type { RebuildInput } from './job.ts';

export interface RebuildOptions {
  /** The suite that it is built for. */
  target: BuildSuite;
  mirror: Mirror;
  cache: string;
  signal?: AbortSignal | undefined;
}

export interface RebuiltSource {
  version: string;
  /** sha256 of the .dsc. */
  dsc: string;
  /** The packages, in the blob store. */
  debs: LocalDeb[];
  /** False where an earlier build was used. */
  built: boolean;
}

/** Raise when what a build is made with changes; earlier builds are then not used. */
const RECIPE_VERSION = 1;

/**
 * Fetches, builds and stores a source package, or finds the same build of before: the same .dsc for the same suite and
 * architecture is built once. The build sees no network and nothing of this machine.
 * Errors: `input/unknown-source`, `input/unsatisfiable` (build dependencies, with apt's reasons), `io/source-build`,
 * `host/no-namespaces`, those of the downloads.
 */
export async function rebuildSource(
  request: SourceRequest,
  options: RebuildOptions,
  progress: Progress,
): Promise<RebuiltSource> {
  const { target, mirror, cache, signal } = options;
  const base = resolve(cache, 'rebuilt');
  const store = new BlobStore(cache);
  return withTemporaryDirectory(base, async (directory) => {
    const fetched = await fetchSource(
      request,
      { ...target, mirror, cache, directory: join(directory, 'source'), signal },
      progress,
    );
    const { version, dsc } = fetched;
    const key = digestData({ recipe: RECIPE_VERSION, dsc, target, profiles: BUILD_PROFILES });
    const record = join(base, `${key.slice(0, 32)}.json`);
    const known = await findBuild(record, store);
    if (known !== undefined) return { version, dsc, debs: known, built: false };

    const archives = await fetchBuildEnvironment(
      fetched.file,
      target,
      { mirror, cache, signal },
      progress,
    );
    const logs = join(base, 'logs');
    await mkdir(logs, { recursive: true });
    const output = join(directory, 'output');
    const tree = join(directory, 'tree');
    const input: RebuildInput = {
      tree,
      treeInMemory: hasMemoryForTree(),
      output,
      log: join(logs, `${fetched.source}_${version.replace(/^\d+:/, '')}_${target.suite}.log`),
      blobs: store.directory,
      archives: archives.map((one) => ({
        name: one.name,
        version: one.version,
        architecture: one.architecture,
        file: store.path(one.sha256),
      })),
      architecture: target.architecture,
      dsc: fetched.file,
      profiles: BUILD_PROFILES,
      parallel: availableParallelism(),
    };
    const url = new URL('./job.js', import.meta.url).href;
    try {
      const { debs } = await runInSandbox<{ debs: string[] }>(url, input, {
        progress,
        signal: signal ?? new AbortController().signal,
      });
      if (debs.length === 0) {
        throw new KronosError(
          'io/source-build',
          `building ${fetched.source} ${version} made no package`,
          {
            hint: `see ${input.log}`,
          },
        );
      }
    } finally {
      await removeTree(tree);
    }
    const debs = await storeDebs(await readDebDirectory(output, signal), store);
    await writeFileAtomic(
      record,
      `${JSON.stringify(
        debs.map(({ name, control, size, sha256 }) => ({ name, control, size, sha256 })),
        null,
        1,
      )}\n`,
    );
    return { version, dsc, debs, built: true };
  });
}

/** An earlier build whose packages are all still in the store. */
async function findBuild(record: string, store: BlobStore): Promise<LocalDeb[] | undefined> {
  const text = await readTextOrUndefined(record);
  if (text === undefined) return undefined;
  const debs = (JSON.parse(text) as Omit<LocalDeb, 'path'>[]).map((deb) => ({
    ...deb,
    path: store.path(deb.sha256),
  }));
  for (const deb of debs) if (!(await store.has(deb.sha256))) return undefined;
  return debs;
}

async function storeDebs(debs: readonly LocalDeb[], store: BlobStore): Promise<LocalDeb[]> {
  const stored: LocalDeb[] = [];
  for (const deb of debs) {
    const version = /^Version: (.*)$/m.exec(deb.control)?.[1] ?? '';
    await store.put(deb.path, { name: deb.name, version, size: deb.size, sha256: deb.sha256 });
    stored.push({ ...deb, path: store.path(deb.sha256) });
  }
  return stored;
}
