// GRUB for every way to start: CD and disk, BIOS and UEFI, and the network. Images hold all modules they need.
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finishAll } from '../../common/finish-all.ts';
import { fatVolumeId } from '../image/label.ts';
import { renderMenu } from '../image/menu.ts';
import type { MenuInput } from '../image/menu.ts';
import type { StepContext } from '../step/step.ts';
import { runTools, setDates } from './medium.ts';
import type { ToolCall } from './medium.ts';

export const MODULE = import.meta.url;

const COMMON_MODULES =
  'normal configfile multiboot2 linux chain serial terminal echo test true sleep regexp gzio minicmd ls cat halt reboot ' +
  'part_gpt part_msdos fat iso9660 search search_label loadenv all_video';
const MODULES = {
  'i386-pc': `${COMMON_MODULES} biosdisk drivemap ext2`,
  'x86_64-efi': `${COMMON_MODULES} ext2`,
  'i386-pc-pxe': `${COMMON_MODULES} net tftp http pxe biosdisk`,
  'x86_64-efi-net': `${COMMON_MODULES} net tftp http efinet`,
};

export interface GrubInput {
  toolsRoot: string;
  /** The directory with `i386-pc/` and `x86_64-efi/` of the edition. */
  modules: string;
  /** The directory `iso/` of Kronos. */
  templates: string;
  menu: MenuInput;
  epoch: number;
}

interface GrubPaths {
  /** With trailing platform directory names. */
  modules: string;
  output: string;
  earlyConfiguration: string;
  earlyPxeConfiguration: string;
}

/** The runs of grub-mkimage: one per image. */
export function grubImageCalls(paths: GrubPaths): ToolCall[] {
  const image = (
    platform: 'i386-pc' | 'x86_64-efi',
    format: string,
    modules: string,
    configuration: string,
    prefix: string,
    file: string,
  ): ToolCall => ({
    tool: 'grub-mkimage',
    arguments: [
      ...['-d', join(paths.modules, platform), '-O', format, '-p', prefix],
      ...['-c', configuration, '-o', join(paths.output, file), ...modules.split(' ')],
    ],
  });
  const { earlyConfiguration: early, earlyPxeConfiguration: earlyPxe } = paths;
  return [
    image('i386-pc', 'i386-pc', MODULES['i386-pc'], early, '/boot/grub', 'core.img'),
    image('x86_64-efi', 'x86_64-efi', MODULES['x86_64-efi'], early, '/boot/grub', 'BOOTX64.EFI'),
    image('i386-pc', 'i386-pc-pxe', MODULES['i386-pc-pxe'], earlyPxe, '/grub', 'grub.0'),
    image('x86_64-efi', 'x86_64-efi', MODULES['x86_64-efi-net'], earlyPxe, '/grub', 'grubx64.efi'),
  ];
}

const MEBIBYTE = 1024 * 1024;

/**
 * The runs that make the EFI system partition: a FAT file system with BOOTX64.EFI, and kronos.esp by which the menu
 * tells it from a disk's own. `loaderSize` in bytes.
 */
export function espCalls(
  paths: { image: string; loader: string; marker: string },
  label: string,
  loaderSize: number,
): ToolCall[] {
  // One MiB for the file system's own tables; whole MiB, so that the size rarely changes.
  const kibibytes = (Math.ceil(loaderSize / MEBIBYTE) + 1) * 1024;
  return [
    {
      tool: 'mkfs.vfat',
      arguments: [
        '--invariant',
        '-i',
        fatVolumeId(label),
        '-n',
        'KRONOS_EFI',
        '-C',
        paths.image,
        String(kibibytes),
      ],
    },
    { tool: 'mmd', arguments: ['-i', paths.image, '::/EFI', '::/EFI/BOOT'] },
    {
      tool: 'mcopy',
      arguments: ['-m', '-i', paths.image, paths.loader, '::/EFI/BOOT/BOOTX64.EFI'],
    },
    { tool: 'mcopy', arguments: ['-m', '-i', paths.image, paths.marker, '::/kronos.esp'] },
  ];
}

/**
 * Leaves in the step's directory: efi.img (EFI system partition), eltorito.img (CD on BIOS), boot_hybrid.img (start
 * sector of a hybrid ISO), boot.img and core.img (disk on BIOS), BOOTX64.EFI, grub.0 and grubx64.efi (network).
 * Errors: those of the tools, of renderMenu and of node:fs.
 */
export async function makeGrub(input: GrubInput, context: StepContext): Promise<void> {
  const { epoch } = input;
  const output = context.directory;
  const earlyConfiguration = join(context.scratch, 'early.cfg');
  const earlyPxeConfiguration = join(context.scratch, 'early-pxe.cfg');
  await writeFile(earlyConfiguration, await renderMenu(input.templates, 'early', input.menu));
  await writeFile(earlyPxeConfiguration, await renderMenu(input.templates, 'earlyPxe', input.menu));
  const paths = { modules: input.modules, output, earlyConfiguration, earlyPxeConfiguration };
  const tool = (call: ToolCall): Promise<void> => runTools(input.toolsRoot, [call], epoch, context);
  // Images for BIOS are compressed, which takes as long as all that is made of the loader for UEFI.
  await finishAll(
    grubImageCalls(paths).map(async (call) => {
      await tool(call);
      if (call.arguments.includes(join(output, 'BOOTX64.EFI'))) await makeEsp(input, context);
    }),
  );

  const bios = join(input.modules, 'i386-pc');
  const start = await readFile(join(bios, 'cdboot.img'));
  await writeFile(
    join(output, 'eltorito.img'),
    Buffer.concat([start, await readFile(join(output, 'core.img'))]),
  );
  await copyFile(join(bios, 'boot_hybrid.img'), join(output, 'boot_hybrid.img'));
  await copyFile(join(bios, 'boot.img'), join(output, 'boot.img'));
}

/** The EFI system partition with the loader that lies in the step's directory. */
async function makeEsp(input: GrubInput, context: StepContext): Promise<void> {
  const loader = join(context.directory, 'BOOTX64.EFI');
  const marker = join(context.scratch, 'kronos.esp');
  await writeFile(marker, `${input.menu.label}\n`);
  await setDates([loader, marker], input.epoch);
  const image = join(context.directory, 'efi.img');
  await runTools(
    input.toolsRoot,
    espCalls({ image, loader, marker }, input.menu.label, (await stat(loader)).size),
    input.epoch,
    context,
  );
}
