// The tools and the libraries that packages are made with, chosen by apt's solver from the target suite.
import type { Progress } from '../../common/progress.ts';
import type { Mirror } from '../apt/sources.ts';
import { distributionSources, suiteSource } from '../apt/sources.ts';
import type { PackageIndex, PackageRecord } from '../apt/packages.ts';
import { readIndex, updateIndices, withAptRoot } from '../apt/root.ts';
import { solve } from '../apt/solve.ts';
import { fetchRecords } from '../source/environment.ts';
import { BlobStore } from '../store/blobs.ts';
import { throwFindings, type Finding } from './finding.ts';
import { findTaken, resolvePrograms, wantedNames } from './libraries.ts';
import type { Resolved, TakenPath, Target } from './libraries.ts';
import type { Programs } from './programs.ts';
import type { PlannedPackage } from './split.ts';
import { findSuiteFiles } from './suite-files.ts';

/** dpkg's tools for making packages, and what they and dpkg itself run. */
const TOOLS = [
  'base-files',
  ...['coreutils', 'dash', 'diffutils', 'dpkg', 'dpkg-dev', 'findutils', 'grep', 'gzip'],
  ...['libc-bin', 'perl', 'sed', 'tar', 'xz-utils'],
];

export interface Environment {
  resolved: Resolved;
  /** The tools and the libraries, in the blob store. */
  records: PackageRecord[];
  /** Names that packages depend on and that neither the suite nor the split has. */
  unknown: { package: string; relation: string }[];
  taken: TakenPath[];
}

export interface EnvironmentOptions extends Target {
  /** Components of the suite that libraries may come from. */
  components: readonly string[];
  mirror: Mirror;
  cache: string;
  signal?: AbortSignal | undefined;
}

/**
 * Finds out where every library and interpreter comes from, and fetches what the packages are made with.
 * Errors, all at once: `dependency/library-missing`, `dependency/interpreter-missing`, `input/wrong-machine`; those of
 * apt and of the downloads.
 */
export async function prepareEnvironment(
  packages: readonly PlannedPackage[],
  programs: Programs,
  options: EnvironmentOptions,
  progress: Progress,
): Promise<Environment> {
  const { suite, architecture, mirror, cache, signal } = options;
  const sources = distributionSources(mirror, suite, options.components);
  const found = await withAptRoot({ cache, architecture, sources, signal }, async (root) => {
    await updateIndices(root, progress);
    const index = await readIndex(root);
    progress.note('looking for libraries and interpreters');
    const findings: Finding[] = [];
    const main = suiteSource(mirror, suite, options.components);
    const known = {
      files: await findSuiteFiles(root, main, wantedNames(packages, programs), cache, progress),
      has: (name: string) => index.has(name),
      isEssential: (name: string) => index.newest(name)?.essential === true,
    };
    const resolved = resolvePrograms(packages, programs, known, options, findings);
    throwFindings(findings);
    const requests = [...new Set([...TOOLS, ...resolved.libraryPackages])];
    const records = await solve(root, index, {
      requests: requests.map((name) => ({ name })),
      doing: `resolving the libraries and the tools of ${suite}`,
    });
    const unknown = findUnknown(packages, index);
    return { resolved, records, unknown, taken: findTaken(packages, known.files) };
  });
  await fetchRecords(found.records, mirror, new BlobStore(cache), progress, signal);
  return found;
}

/** Declared relations that nothing fulfils: another repository may have it, but a person should know. */
function findUnknown(
  packages: readonly PlannedPackage[],
  index: PackageIndex,
): { package: string; relation: string }[] {
  const own = new Set(
    packages.flatMap(({ name, relations }) => [
      name,
      ...relations.provides.map((text) => text.split(' ')[0] ?? ''),
    ]),
  );
  return packages.flatMap(({ name, relations }) =>
    relations.depends
      .filter(
        (relation) =>
          !relation.split(' | ').some((text) => {
            const needed = text.split(/[ :]/)[0] ?? '';
            return own.has(needed) || index.has(needed) || index.isVirtual(needed);
          }),
      )
      .map((relation) => ({ package: name, relation })),
  );
}
