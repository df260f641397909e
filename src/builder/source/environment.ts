// What a source package needs to be built: chosen by apt's solver from the edition's own suite.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosErrors } from '../../common/error.ts';
import type { Progress } from '../../common/progress.ts';
import { basePackages } from '../apt/base.ts';
import type { PackageRecord } from '../apt/packages.ts';
import { readIndex, runApt, updateIndices, withAptRoot } from '../apt/root.ts';
import { distributionSources, type Mirror } from '../apt/sources.ts';
import { formatStatus, recordsOfUris, solve } from '../apt/solve.ts';
import { BlobStore } from '../store/blobs.ts';
import { downloadFiles, encodePath, type Download } from '../store/download.ts';

/** Left out of every rebuild: tests and documentation are the suite's business, not an appliance's. */
export const BUILD_PROFILES = ['nocheck', 'nodoc'];

/** Where the build happens. */
export interface BuildSuite {
  suite: string;
  architecture: string;
  components: readonly string[];
}

/**
 * Resolves and fetches everything that a clean build of `dsc` needs. Returns base packages and additions.
 * Errors: `input/unsatisfiable` with apt's reasons when the suite is too old for the source; those of the download.
 */
export async function fetchBuildEnvironment(
  dsc: string,
  target: BuildSuite,
  options: { mirror: Mirror; cache: string; signal?: AbortSignal | undefined },
  progress: Progress,
): Promise<PackageRecord[]> {
  const { mirror, cache, signal } = options;
  const sources = distributionSources(mirror, target.suite, target.components);
  const { architecture } = target;
  const records = await withAptRoot({ cache, architecture, sources, signal }, async (root) => {
    await updateIndices(root, progress);
    const index = await readIndex(root);
    const names = new Set(sources.map((source) => source.name));
    progress.note('resolving what the source needs to be built');
    const base = await solve(root, index, {
      requests: [...basePackages(index, names), 'build-essential'].map((name) => ({ name })),
      doing: `resolving a build environment of ${target.suite}`,
    });
    await writeFile(join(root.directory, 'status'), formatStatus(base));
    const { stdout } = await runApt(
      root,
      [
        ...['apt-get', 'build-dep', '--print-uris', '-q', '--no-remove'],
        ...['--build-profiles', BUILD_PROFILES.join(','), dsc],
      ],
      `resolving what the source needs to be built on ${target.suite}`,
    );
    return [...base, ...recordsOfUris(root, index, stdout)];
  });
  await fetchRecords(records, mirror, new BlobStore(cache), progress, signal);
  return records;
}

/** Fetches what is not in the store yet. Errors: those of the downloads, all at once. */
export async function fetchRecords(
  records: readonly PackageRecord[],
  mirror: Mirror,
  store: BlobStore,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const downloads: Download[] = [];
  for (const record of records) {
    if (await store.has(record.sha256)) continue;
    const base = record.from === 'debian-security' ? mirror.security : mirror.main;
    const { name, version, size, sha256 } = record;
    downloads.push({
      uri: `${base}/${encodePath(record.path)}`,
      identity: { name, version, size, sha256 },
    });
  }
  const errors = await downloadFiles(downloads, store, progress, signal);
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 1) throw new KronosErrors(errors);
}
