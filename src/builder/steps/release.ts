// Step `release`: media and papers of one build in one directory, exactly as they are published.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { linkFile, listFiles } from '../../common/files.ts';
import { finishAll } from '../../common/finish-all.ts';
import { findHostArea } from '../image/host-area.ts';
import { describeContents, readContents, type DescribedContents } from '../image/contents-file.ts';
import type { Lock } from '../lock/lock.ts';
import { parseDpkgStatus, resolveDependencies } from '../manifest/dpkg-status.ts';
import { digestRecipe } from '../manifest/recipe-digest.ts';
import { layerOnMedium } from '../image/layer-place.ts';
import { writeRelease } from '../manifest/release.ts';
import type { Selection } from '../recipe/recipe.ts';
import type { Step, StepResult } from '../step/step.ts';
import type { MediumLayer } from './boot.ts';
import { twinsOnMedium } from './pxe.ts';

export interface ReleaseStepOptions {
  name: string;
  version: string;
  buildId: Sha256;
  label: string;
  selection: Selection;
  lock: Lock;
  tools: StepResult;
  packages: StepResult;
  layers: readonly MediumLayer[];
  /** What is in the layers, where somebody began to read it; otherwise it is read when it is needed. */
  contents?: Promise<DescribedContents> | undefined;
  /** Steps whose output is published as it is. */
  media: readonly StepResult[];
}

/** The step that writes manifest, SBOM, contents and checksums beside the media. */
export async function releaseStep(options: ReleaseStepOptions): Promise<Step> {
  const { name, selection, lock, layers, media, packages } = options;
  const recipes = await Promise.all(
    selection.recipes.map(async (recipe) => ({
      name: recipe.name,
      digest: await digestRecipe(recipe),
    })),
  );
  return {
    name: 'release',
    title: 'Write manifest and SBOM',
    module: import.meta.url,
    inputs: {
      name,
      version: options.version,
      'build id': options.buildId,
      toolstack: selection.toolstack,
      recipes,
      lock: lock.packages.map((entry) => `${entry.layer}/${entry.name}=${entry.sha256}`),
      media: media.map((step) => step.key),
      tools: options.tools.key,
    },
    run: async ({ directory, progress, signal }) => {
      for (const step of media) await linkTree(step.directory, directory);
      const iso = join(directory, `${name}.iso`);
      const status = await readFile(join(packages.directory, 'dpkg.status'), 'utf8');
      const manifest = await writeRelease({
        ...{ directory, name, selection, lock, recipes, progress, signal },
        kronos: options.version,
        buildId: options.buildId,
        toolsRoot: join(options.tools.directory, 'root'),
        dependencies: resolveDependencies(parseDpkgStatus(status)),
        contents: () => options.contents ?? readLayerContents(layers),
        twins: twinsOnMedium(layers.map((layer) => layer.name)),
        layerPath: layerOnMedium,
        iso: { label: options.label, hostArea: await findHostArea(iso) },
      });
      requireSame(layers, manifest.layers);
    },
  };
}

/** Reads what is in the layers. Errors: those of `readContents`. */
export async function readLayerContents(
  layers: readonly MediumLayer[],
): Promise<DescribedContents> {
  return describeContents(
    await finishAll(
      layers.map(async (layer, order) => ({
        ...{ name: layer.name, order, live: layer.live },
        entries: await readContents(layer.contents),
      })),
    ),
  );
}

/** Errors: `verification/cache-damaged` where the ISO holds another layer than the step made whose digest is known. */
function requireSame(
  layers: readonly MediumLayer[],
  found: readonly { name: string; sha256: Sha256 }[],
): void {
  const digests = new Map(found.map(({ name, sha256 }) => [name, sha256]));
  for (const { name, path, sha256 } of layers) {
    if (digests.get(name) === sha256) continue;
    throw new KronosError(
      'verification/cache-damaged',
      `the layer ${name} in the cache is not what it was when it was made: ${path}`,
      { hint: 'remove it with kronos clean --all and build again; the disk may be failing' },
    );
  }
}

/** Files of the cache are never written again, so the same file can stand in two places. */
async function linkTree(from: string, to: string): Promise<void> {
  for (const path of await listFiles(from)) {
    if (path.startsWith('.')) continue;
    await linkFile(join(from, path), join(to, path));
  }
}
