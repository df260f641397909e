// A job that installs packages with dpkg into a small system of a suite and runs a program there.
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SuiteTreeInput } from '../../../../src/builder/component/job.ts';
import {
  ARCHIVES,
  extractEssential,
  findEssential,
  installArchives,
  prepareDpkg,
} from '../../../../src/builder/packages/unpack.ts';
import type { JobContext } from '../../../../src/builder/sandbox/job.ts';
import {
  bindDirectory,
  mountSystem,
  prepareTree,
  runInTree,
} from '../../../../src/builder/sandbox/tree.ts';

export interface Trial extends SuiteTreeInput {
  /** Packages to look up afterwards. */
  packages: readonly string[];
  /** A program of the tree with its arguments. */
  run: readonly string[];
  /** Links to read afterwards. */
  links: readonly string[];
  /** Groups to look up. */
  groups: readonly string[];
}

export interface TrialResult {
  stdout: string;
  status: string;
  links: string[];
  groups: string;
}

const EXCLUDED = ['/usr/share/man/**', '/usr/share/doc/**', '/usr/share/locale/**'];

/** Runs a trial. */
export async function runJob(trial: Trial, { progress }: JobContext): Promise<TrialResult> {
  const { tree, archives } = trial;
  await prepareTree(tree, trial.treeInMemory);
  const essential = await findEssential(archives);
  await extractEssential(tree, essential, EXCLUDED);
  await prepareDpkg(tree, trial.architecture, EXCLUDED, []);
  await mountSystem(tree);
  await bindDirectory(tree, trial.blobs, ARCHIVES);
  await installArchives(tree, essential, {}, progress, 'essential');
  const names = new Set(essential.map(({ name }) => name));
  const rest = archives.filter(({ name }) => !names.has(name));
  await installArchives(tree, rest, {}, progress, 'rest');
  const { stdout } = await runInTree(tree, trial.run);
  const status = await runInTree(tree, [
    ...['dpkg-query', '--show', '--showformat', '${Package} ${Version} ${Status}\\n'],
    ...trial.packages,
  ]);
  const groups = await runInTree(tree, ['getent', 'group', ...trial.groups]);
  return {
    stdout,
    status: status.stdout,
    links: await Promise.all(trial.links.map((link) => readlink(join(tree, link)))),
    groups: groups.stdout,
  };
}
