// From what a person has to .deb packages, as a table of contents: source, plan, libraries, packages.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { copyFileAtomic, exists, withTemporaryDirectory } from '../../common/files.ts';
import { nearest } from '../../common/nearest.ts';
import { observeStep, type BuildObserver } from '../../common/progress.ts';
import { readDebDirectory, type LocalDeb } from '../apt/local.ts';
import { findMirror } from '../apt/mirror.ts';
import { parseStanzas } from '../apt/stanzas.ts';
import { ensureHost } from '../ensure-host.ts';
import { BUILD_PROGRAMS, USER_PROGRAMS } from '../host-programs.ts';
import { loadRecipes, type RecipeSource } from '../recipe/load.ts';
import { recipeDirectories } from '../request.ts';
import { removeTree } from '../sandbox/remove.ts';
import { runInSandbox } from '../sandbox/sandbox.ts';
import { hasMemoryForTree } from '../sandbox/tree.ts';
import { BlobStore } from '../store/blobs.ts';
import { applyEdits } from './edits.ts';
import { ELF_PROGRAMS } from './elf.ts';
import { prepareEnvironment, type Environment } from './environment.ts';
import type { ComponentJobInput } from './job.ts';
import { expandMultiarch } from './layout.ts';
import { renderPackaging } from './packaging.ts';
import { readPrograms } from './programs.ts';
import { reportComponent, type ComponentReport } from './report.ts';
import { RPM_PROGRAMS } from './rpm.ts';
import { findSources, readSources, type NamedSource } from './source.ts';
import { planSplit } from './split.ts';
import { decideVersions, newestDate } from './versions.ts';

export interface ComponentOptions {
  /** Directories and .rpm files. */
  from: readonly string[];
  /** The recipe whose split is used. */
  recipe: string;
  /** Directories of the user's own recipes. */
  recipes?: readonly string[] | undefined;
  suite: string;
  architecture: string;
  /** Directory for the .debs. */
  out: string;
  /** Only these packages of the split. */
  only?: readonly string[] | undefined;
  version?: string | undefined;
  /** Seconds since 1970; undefined: the newest date of a file. */
  epoch?: number | undefined;
  /** Keys that must have signed the .rpm files. */
  keyring?: string | undefined;
  mirror?: string | undefined;
  securityMirror?: string | undefined;
  /** Keys of the distribution's archive. */
  archiveKeyring?: string | undefined;
  cache: string;
  observer: BuildObserver;
  signal: AbortSignal;
}

/** Components of the suite that libraries and interpreters may come from. */
const COMPONENTS = ['main'];

/**
 * Makes the packages of a recipe's split out of a file tree or .rpm files, into a directory that serves as an origin.
 * The same source, recipe, suite and date give the same bytes.
 * Errors: `input/no-split`, `input/unknown-recipe`, `input/other-version`, those of findSources, readSources, planSplit,
 * applyEdits, decideVersions, prepareEnvironment and of the job.
 */
export async function buildComponent(options: ComponentOptions): Promise<ComponentReport> {
  const { observer, signal } = options;
  const recipe = await findSplit(options);
  const named = await findSources(options.from);
  await ensurePrograms(named, options);
  const out = resolve(options.out);
  return withTemporaryDirectory(resolve(options.cache, 'component'), async (scratch) => {
    const source = await observeStep(observer, 'source', 'Read the source', (progress) =>
      readSources(named, { keyring: options.keyring, scratch, signal }, progress),
    );
    const split = expandMultiarch(recipe.split, options.architecture);
    const { locate } = recipe.source.document;
    const plan = planSplit({ entries: source.entries, split, only: options.only, locate });
    const rpms = new Map(source.rpms.map(({ label, version }) => [label, version]));
    const versions = decideVersions(plan.packages, rpms, options.version);
    const epoch = options.epoch ?? newestDate(source.entries);
    await refuseOtherVersions(out, versions, signal);
    const { packages, edits } = await applyEdits(plan.packages, split, {
      scratch: join(scratch, 'edited'),
      locate,
    });
    const programs = await readPrograms(packages, signal);
    const environment = await observeStep(
      observer,
      'libraries',
      `Find the libraries in ${options.suite}`,
      async (progress) =>
        prepareEnvironment(
          packages,
          programs,
          { ...options, components: COMPONENTS, mirror: await findMirror(mirrorOf(options)) },
          progress,
        ),
    );
    const { resolved } = environment;
    const packaging = renderPackaging(packages, programs, resolved, {
      ...{ source: options.recipe, versions, epoch },
      architecture: options.architecture,
    });
    const debs = await makePackages({ packaging, epoch }, environment, scratch, options);
    for (const deb of debs) await copyFileAtomic(deb.path, join(out, deb.name));
    return reportComponent({
      ...{ out, debs, packages, edits, epoch },
      ...{ unknown: environment.unknown, taken: environment.taken },
      ...{ narrowed: plan.narrowed, signed: options.keyring !== undefined },
      rpms: source.rpms,
    });
  });
}

function mirrorOf({ mirror, securityMirror, archiveKeyring }: ComponentOptions) {
  return { mirror, securityMirror, keyring: archiveKeyring };
}

/** The recipe with its split. Errors: `input/unknown-recipe`, `input/no-split`, those of loadRecipes. */
async function findSplit(options: ComponentOptions) {
  const recipes = await loadRecipes(await recipeDirectories(options.recipes));
  const source = recipes.get(options.recipe);
  if (source === undefined) {
    const guess = nearest(options.recipe, recipes.keys());
    throw new KronosError(
      'input/unknown-recipe',
      `there is no recipe ${JSON.stringify(options.recipe)}`,
      { hint: guess === undefined ? 'see kronos recipes' : `did you mean ${guess}?` },
    );
  }
  const { split } = source.data;
  if (split === undefined) {
    const able = [...recipes.values()].filter(({ data }) => data.split !== undefined);
    throw new KronosError(
      'input/no-split',
      `the recipe ${options.recipe} does not say how files become packages`,
      {
        location: source.document.locate([]),
        hint: `add the key "split" (docs/components.md); it is in ${nameAll(able)}`,
      },
    );
  }
  return { source, split };
}

function nameAll(recipes: readonly RecipeSource[]): string {
  return recipes.length === 0 ? 'no recipe' : recipes.map(({ name }) => name).join(', ');
}

async function ensurePrograms(named: NamedSource, options: ComponentOptions): Promise<void> {
  const users = process.getuid?.() === 0 ? [] : USER_PROGRAMS;
  const rpms = named.rpms.length === 0 ? [] : RPM_PROGRAMS;
  await ensureHost({
    observer: options.observer,
    signal: options.signal,
    programs: [...BUILD_PROGRAMS, ...users, ...ELF_PROGRAMS, ...rpms],
  });
}

/** Two versions of a package in one origin would leave it to apt which is meant. */
async function refuseOtherVersions(
  out: string,
  versions: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const present = (await exists(out)) ? await readDebDirectory(out, signal).catch(noPackages) : [];
  const others = present.filter(({ control }) => {
    const stanza = parseStanzas(control)[0];
    const version = versions.get(stanza?.get('package') ?? '');
    return version !== undefined && version !== stanza?.get('version');
  });
  if (others.length === 0) return;
  throw new KronosError(
    'input/other-version',
    `${out} has other versions of these packages:\n    ${others.map(({ name }) => name).join('\n    ')}`,
    { hint: 'remove them, or name another directory with --out' },
  );
}

function noPackages(error: unknown): LocalDeb[] {
  if (error instanceof KronosError && error.code === 'input/no-packages') return [];
  throw error;
}

async function makePackages(
  input: Pick<ComponentJobInput, 'packaging' | 'epoch'>,
  environment: Environment,
  scratch: string,
  options: ComponentOptions,
): Promise<LocalDeb[]> {
  const store = new BlobStore(options.cache);
  const tree = join(scratch, 'tree');
  const output = join(scratch, 'output');
  await mkdir(output, { recursive: true });
  const job: ComponentJobInput = {
    ...input,
    ...{ tree, output, suite: options.suite, architecture: options.architecture },
    treeInMemory: hasMemoryForTree(),
    blobs: store.directory,
    archives: environment.records.map((one) => ({
      name: one.name,
      version: one.version,
      architecture: one.architecture,
      file: store.path(one.sha256),
    })),
  };
  const url = new URL('./job.js', import.meta.url).href;
  await observeStep(options.observer, 'packages', 'Make the packages', async (progress) => {
    try {
      await runInSandbox(url, job, { progress, signal: options.signal });
    } finally {
      await removeTree(tree);
    }
  });
  return readDebDirectory(output, options.signal);
}
