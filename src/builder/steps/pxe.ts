// The same appliance as a directory for a boot server: TFTP for the first files, HTTP for everything.
import { join } from 'node:path';
import { copyFileAtomic, writeFileAtomic } from '../../common/files.ts';
import { renderMenu } from '../image/menu.ts';
import type { MenuInput } from '../image/menu.ts';
import type { StepContext } from '../step/step.ts';
import { setDates } from './medium.ts';
import type { MediumFile } from './medium.ts';

export const MODULE = import.meta.url;

export interface PxeInput {
  /** The directory `iso/` of Kronos. */
  templates: string;
  menu: MenuInput;
  kernel: string;
  /** xen.gz, for GRUB. */
  xen: string;
  /** The same uncompressed: iPXE on BIOS unpacks nothing. */
  xenElf: string;
  /** For firmware that starts Xen itself; left out where the edition has none. */
  xenEfi?: string | undefined;
  initrd: string;
  /** Bottom first. */
  layers: readonly { name: string; path: string }[];
  /** Output of the grub step. */
  grub: string;
  epoch: number;
}

/** The files of the directory that are copied; `target` is relative to it. */
export function pxeFiles(input: PxeInput): MediumFile[] {
  return [
    { target: 'grub.0', source: join(input.grub, 'grub.0') },
    { target: 'grubx64.efi', source: join(input.grub, 'grubx64.efi') },
    { target: 'initrd.img', source: input.initrd },
    { target: 'vmlinuz', source: input.kernel },
    { target: 'xen', source: input.xenElf },
    { target: 'xen.gz', source: input.xen },
    ...(input.xenEfi === undefined ? [] : [{ target: 'xen.efi', source: input.xenEfi }]),
    ...input.layers.map(({ name, path }) => ({ target: `layers/${name}.squashfs`, source: path })),
  ];
}

/** Leaves the tree in `pxe/` of the step's directory. Errors: those of renderMenu and node:fs. */
export async function makePxe(input: PxeInput, context: StepContext): Promise<void> {
  const root = join(context.directory, 'pxe');
  const made: string[] = [];
  for (const { target, source } of pxeFiles(input)) {
    context.progress.note(target);
    await copyFileAtomic(source, join(root, target));
    made.push(target);
  }
  const rendered: [string, Parameters<typeof renderMenu>[1]][] = [
    ['grub/grub.cfg', 'pxeGrub'],
    ['boot.ipxe', 'ipxe'],
    ['README.txt', 'pxeReadme'],
    ...(input.xenEfi === undefined ? [] : ([['xen.cfg', 'xenCfg']] as [string, 'xenCfg'][])),
  ];
  for (const [target, template] of rendered) {
    await writeFileAtomic(
      join(root, target),
      await renderMenu(input.templates, template, input.menu),
    );
    made.push(target);
  }
  await setDates(
    made.map((target) => join(root, target)),
    input.epoch,
  );
}
