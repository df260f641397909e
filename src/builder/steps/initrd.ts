// The initrd of the medium: the large base from the tree, and behind it what knows about this one build.
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile } from '../../common/digest.ts';
import type { Sha256 } from '../../common/digest.ts';
import { appendArchive, writeCpio } from '../image/cpio.ts';
import type { StepContext } from '../step/step.ts';

export const MODULE = import.meta.url;

/** A layer as the boot script compares it. */
export interface LayerDigest {
  name: string;
  /** Bytes. */
  size: number;
  sha256: Sha256;
}

export interface InitrdInput {
  /** boot/initrd.base of the packages step. */
  base: string;
  /** iso/initrd/kronos.sh. */
  script: string;
  /** Bottom first; what is not said about a layer is read from its file. */
  layers: readonly { name: string; path: string; sha256?: Sha256 | undefined }[];
  label: string;
  epoch: number;
}

/** What is appended to the base: the boot script, what it boots, and that it is to be used without being asked for. */
export function initrdAddition(
  script: string,
  layers: readonly LayerDigest[],
  label: string,
  epoch: number,
): Buffer {
  const list = layers
    .map((layer) => `${layer.name} ${String(layer.size)} ${layer.sha256}\n`)
    .join('');
  return writeCpio(
    [
      { path: 'scripts/kronos', mode: 0o644, content: script },
      { path: 'conf/conf.d/kronos', mode: 0o644, content: 'BOOT=kronos\n' },
      { path: 'conf/kronos/label', mode: 0o644, content: `${label}\n` },
      { path: 'conf/kronos/layers', mode: 0o644, content: list },
    ],
    epoch,
  );
}

/** Reads size and, where not known, digest of every layer. Errors: those of node:fs. */
export async function describeLayers(layers: InitrdInput['layers']): Promise<LayerDigest[]> {
  return Promise.all(
    layers.map(async ({ name, path, sha256 }) => ({
      name,
      size: (await stat(path)).size,
      sha256: sha256 ?? (await digestFile(path)),
    })),
  );
}

/** Leaves `initrd.img` in the step's directory. Errors: those of node:fs. */
export async function makeInitrd(input: InitrdInput, context: StepContext): Promise<void> {
  const script = await readFile(input.script, 'utf8');
  const addition = initrdAddition(
    script,
    await describeLayers(input.layers),
    input.label,
    input.epoch,
  );
  const initrd = join(context.directory, 'initrd.img');
  // Copied by the kernel: the base is large, and nothing of it has to pass through here.
  await copyFile(input.base, initrd);
  await appendArchive(initrd, addition);
}
