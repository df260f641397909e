// The same appliance as a directory for a boot server: TFTP for the first files, HTTP for everything.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { linkFile } from '../../common/files.ts';
import { layerOnMedium } from '../image/layer-place.ts';
import { renderMenu } from '../image/menu.ts';
import type { MENU_TEMPLATES, MenuInput } from '../image/menu.ts';
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

/** The files of the directory that other steps made; `target` is relative to it. */
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

/** Paths in the step's directory of files that the medium has as well: the same file stands behind both. */
export function twinsOnMedium(layers: readonly string[]): Map<string, string> {
  return new Map([
    ...['initrd.img', 'vmlinuz', 'xen.gz'].map((name) => [`pxe/${name}`, `boot/${name}`] as const),
    ...layers.map((name) => [`pxe/layers/${name}.squashfs`, layerOnMedium(name)] as const),
  ]);
}

/** Leaves the tree in `pxe/` of the step's directory. Errors: those of renderMenu and node:fs. */
export async function makePxe(input: PxeInput, context: StepContext): Promise<void> {
  const root = join(context.directory, 'pxe');
  const files = pxeFiles(input);
  // All of them lie in the cache already: a copy would cost the time of writing it, here and where it is published.
  for (const { target, source } of files) await linkFile(source, join(root, target));
  const texts = await renderedFiles(input);
  for (const [target, content] of texts) {
    await mkdir(dirname(join(root, target)), { recursive: true });
    await writeFile(join(root, target), content);
  }
  // A boot server runs as somebody else: everybody may read, whatever the umask here.
  const directories = ['grub', 'layers', '.'];
  const written = texts.map(([target]) => target);
  for (const target of [...written, ...files.map((file) => file.target)])
    await chmod(join(root, target), 0o644);
  for (const target of directories) await chmod(join(root, target), 0o755);
  // Directories last: writing into them gives them today's date. Linked files keep theirs, by which the cache knows them.
  const paths = [...written, ...directories].map((target) => join(root, target));
  await setDates(paths, input.epoch);
}

/** The files that are written here: path in the directory and text. */
async function renderedFiles(input: PxeInput): Promise<[string, string][]> {
  const render = (name: keyof typeof MENU_TEMPLATES): Promise<string> =>
    renderMenu(input.templates, name, input.menu);
  return [
    ['grub/grub.cfg', await render('pxeGrub')],
    // By reading this the menu finds out whether the boot server answers over HTTP.
    ['grub/here.cfg', 'set kronos_here=yes\n'],
    ['boot.ipxe', await render('ipxe')],
    ['README.txt', await render('pxeReadme')],
    ...(input.xenEfi === undefined
      ? []
      : [['xen.cfg', await render('xenCfg')] as [string, string]]),
  ];
}
