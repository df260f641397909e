// Steps `initrd`, `grub`, `iso`, `pxe` and `disk`: from layers to media. The work is in the modules of the same names.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../common/digest.ts';
import { exists } from '../../common/files.ts';
import { MENU_TEMPLATES, type MenuInput } from '../image/menu.ts';
import type { Step, StepResult } from '../step/step.ts';
import { makeDisk, MODULE as DISK } from './disk.ts';
import { makeGrub, MODULE as GRUB } from './grub.ts';
import { makeInitrd, MODULE as INITRD } from './initrd.ts';
import { makeIso, MODULE as ISO } from './iso.ts';
import { makePxe, MODULE as PXE } from './pxe.ts';
import { rememberedDigest } from './remembered-digest.ts';

/** A layer of the medium, where it lies, and what it is. */
export interface MediumLayer {
  name: string;
  path: string;
  sha256: string;
  live: boolean;
  contents: string;
}

export interface BootOptions {
  /** The directory iso/ of Kronos. */
  templates: string;
  menu: MenuInput;
  epoch: number;
  tools: StepResult;
  packages: StepResult;
  /** Bottom first. */
  layers: readonly MediumLayer[];
  /** File name of the ISO. */
  name: string;
}

/** Order of the layers, bottom first, and the step that makes each. */
const LAYERS = [
  { name: 'packages', from: 'packages', live: false },
  { name: 'host', from: 'files', live: false },
  { name: 'live-packages', from: 'packages', live: true },
  { name: 'live', from: 'files', live: true },
] as const;

/** The layers that the two steps made, bottom first; what a step did not make is left out. */
export async function collectLayers(
  packages: StepResult,
  files: StepResult,
): Promise<MediumLayer[]> {
  const layers: MediumLayer[] = [];
  for (const { name, from, live } of LAYERS) {
    const directory = (from === 'packages' ? packages : files).directory;
    const path = join(directory, 'layers', `${name}.squashfs`);
    if (!(await exists(path))) continue;
    const contents = join(directory, 'contents', `${name}.jsonl`);
    layers.push({ name, path, live, contents, sha256: await rememberedDigest(path) });
  }
  return layers;
}

async function digestTemplates(templates: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const file of [...Object.values(MENU_TEMPLATES), 'initrd/kronos.sh']) {
    found[file] = digestOf(await readFile(join(templates, file)));
  }
  return found;
}

/** The steps after `packages` and `files`, each with the inputs that it really has. */
export async function bootSteps(options: BootOptions) {
  const { templates, menu, epoch, tools, packages, layers, name } = options;
  const toolsRoot = join(tools.directory, 'root');
  const boot = join(packages.directory, 'boot');
  const texts = await digestTemplates(templates);
  const layerInputs = layers.map((layer) => `${layer.name}=${layer.sha256}`);
  const xenElf = join(packages.directory, 'boot', 'xen');
  const initrd: Step = {
    name: 'initrd',
    title: 'Complete the initrd',
    module: INITRD,
    inputs: {
      packages: packages.key,
      layers: layerInputs,
      'boot script': texts['initrd/kronos.sh'],
      label: menu.label,
      epoch,
    },
    run: (context) =>
      makeInitrd(
        {
          base: join(boot, 'initrd.base'),
          script: join(templates, 'initrd/kronos.sh'),
          layers,
          label: menu.label,
          epoch,
        },
        context,
      ),
  };
  const grub: Step = {
    name: 'grub',
    title: 'Make the boot loader',
    module: GRUB,
    inputs: { tools: tools.key, packages: packages.key, menu, texts, epoch },
    run: (context) =>
      makeGrub(
        { toolsRoot, modules: join(packages.directory, 'grub'), templates, menu, epoch },
        context,
      ),
  };
  const medium = (initrdMade: StepResult, grubMade: StepResult) => ({
    ...{ toolsRoot, templates, menu, epoch, layers },
    kernel: join(boot, 'vmlinuz'),
    xen: join(boot, 'xen.gz'),
    initrd: join(initrdMade.directory, 'initrd.img'),
    grub: grubMade.directory,
  });
  const inputs = (initrdMade: StepResult, grubMade: StepResult) => ({
    tools: tools.key,
    packages: packages.key,
    layers: layerInputs,
    initrd: initrdMade.key,
    grub: grubMade.key,
    menu,
    texts,
    epoch,
  });
  const iso = (initrdMade: StepResult, grubMade: StepResult): Step => ({
    name: 'iso',
    title: 'Write the ISO',
    module: ISO,
    inputs: { ...inputs(initrdMade, grubMade), name },
    run: (context) => makeIso({ ...medium(initrdMade, grubMade), name: `${name}.iso` }, context),
  });
  const disk = (initrdMade: StepResult, grubMade: StepResult): Step => ({
    name: 'disk',
    title: 'Write the disk image',
    module: DISK,
    inputs: { ...inputs(initrdMade, grubMade), name },
    run: (context) => makeDisk({ ...medium(initrdMade, grubMade), name: `${name}.raw` }, context),
  });
  const pxe = (initrdMade: StepResult, grubMade: StepResult): Step => ({
    name: 'pxe',
    title: 'Write the PXE tree',
    module: PXE,
    inputs: inputs(initrdMade, grubMade),
    run: async (context) => {
      const files = medium(initrdMade, grubMade);
      // iPXE on BIOS unpacks nothing, so it gets the hypervisor as the ELF file that it is inside.
      const elf = (await exists(xenElf)) ? xenElf : join(context.scratch, 'xen');
      if (elf !== xenElf) await writeFile(elf, gunzipSync(await readFile(files.xen)));
      const efi = join(boot, 'xen.efi');
      await makePxe(
        { ...files, xenElf: elf, ...((await exists(efi)) ? { xenEfi: efi } : {}) },
        context,
      );
    },
  });
  return { initrd, grub, iso, disk, pxe };
}
