// Step `packages`: exactly the locked packages, configured, as layers with their boot files.
import { join } from 'node:path';
import { clockShift } from '../clock.ts';
import type { Lock } from '../lock/lock.ts';
import { runInSandbox } from '../sandbox/sandbox.ts';
import { hasMemoryForTree } from '../sandbox/tree.ts';
import type { PackagesInput } from '../packages/job.ts';
import type { Selection } from '../recipe/recipe.ts';
import type { Compression } from '../image/squashfs.ts';
import { digestModule } from '../step/code.ts';
import type { Step, StepResult } from '../step/step.ts';

/** Modules that make the sandbox. */
const SANDBOX = ['main', 'namespace'].map(
  (name) => new URL(`../sandbox/${name}.js`, import.meta.url).href,
);

export interface PackagesStepOptions {
  selection: Selection;
  lock: Lock;
  tools: StepResult;
  compression: Compression;
  /** Directory that all blobs lie under. */
  blobs: string;
  blobFile: (sha256: string) => string;
}

/** The part of the recipes that the tree depends on; files of recipes are not in it. */
function recipeInputs(selection: Selection) {
  const recipes = selection.recipes.filter((recipe) => recipe.layer !== 'tools');
  const files = new Set(recipes.flatMap((recipe) => recipe.files.map((file) => file.path)));
  // A unit that a recipe ships itself is enabled in the files layer.
  const packaged = (units: readonly string[]): string[] =>
    units.filter(
      (unit) =>
        !files.has(`/etc/systemd/system/${unit}`) && !files.has(`/usr/lib/systemd/system/${unit}`),
    );
  return {
    exclude: recipes.flatMap((recipe) => recipe.exclude),
    include: recipes.flatMap((recipe) => recipe.include),
    remove: recipes.flatMap((recipe) => recipe.remove),
    recipes: recipes.map(({ name, services, generated }) => ({
      ...{ name, services, generated },
      // Files of recipes come in a layer of their own; they must not cost a new tree.
      files: [],
      links: [],
    })),
    services: {
      enable: recipes.flatMap((recipe) => packaged(recipe.services.enable)),
      disable: recipes.flatMap((recipe) => recipe.services.disable),
      mask: recipes.flatMap((recipe) => recipe.services.mask),
    },
    initrdModules: recipes.flatMap((recipe) => recipe.initrdModules),
  };
}

/** The step that makes the package layers. Output: see docs/architecture.md. */
export function packagesStep(options: PackagesStepOptions): Step {
  const { selection, lock, tools, compression } = options;
  const recipes = recipeInputs(selection);
  const layer = (name: 'host' | 'live') => lock.packages.filter((entry) => entry.layer === name);
  const archives = (name: 'host' | 'live') =>
    layer(name).map(({ name: packageName, version, architecture, sha256, asked }) => ({
      ...{ name: packageName, version, architecture, sha256, asked },
      file: options.blobFile(sha256),
    }));
  const digests = (name: 'host' | 'live') =>
    layer(name).map(
      (entry) => `${entry.name}=${entry.version}:${entry.sha256}${entry.asked ? ' asked' : ''}`,
    );
  return {
    name: 'packages',
    title: 'Install the packages',
    module: new URL('../packages/job.js', import.meta.url).href,
    inputs: {
      'lock: host packages': digests('host'),
      'lock: live packages': digests('live'),
      architecture: lock.architecture,
      epoch: lock.epoch,
      tools: tools.key,
      compression,
      // The job does not import what it runs in, but that sets its umask, its name and its environment.
      sandbox: SANDBOX.map(digestModule),
      ...Object.fromEntries(
        Object.entries(recipes).map(([name, value]) => [`recipes: ${name}`, value]),
      ),
    },
    run: async ({ directory, scratch, progress, signal }) => {
      const input: PackagesInput = {
        tree: join(scratch, 'tree'),
        treeInMemory: hasMemoryForTree(),
        output: directory,
        scratch,
        blobs: options.blobs,
        host: archives('host'),
        live: archives('live'),
        architecture: lock.architecture,
        epoch: lock.epoch,
        ...recipes,
        toolsRoot: join(tools.directory, 'root'),
        compression,
        clockShift: clockShift(),
      };
      const url = new URL('../packages/job.js', import.meta.url).href;
      await runInSandbox(url, input, { progress, signal });
    },
  };
}
