// Step `loader`: GRUB as an installed host has it on its disks. Made here, because running grub-install on every host would
// make the same files again in ten times the time.
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step, StepResult } from '../step/step.ts';
import { runTools, type ToolCall } from './medium.ts';

export const MODULE = import.meta.url;

const MODULES =
  'normal configfile multiboot2 linux serial terminal echo test true sleep regexp gzio minicmd ls cat halt reboot ' +
  'part_gpt fat ext2 search search_fs_uuid search_label loadenv chain all_video';

/**
 * The second partition of a disk holds grub.cfg: on BIOS of the disk that the firmware started, on UEFI of the partition
 * that this file lies on. Nothing names a disk, so each half of a mirror starts alone.
 */
const PREFIX = { 'i386-pc': '(,gpt2)/kronos', 'x86_64-efi': '/kronos' } as const;

/** The runs of grub-mkimage. `modules` has the directories of the platforms. */
export function loaderCalls(modules: string, output: string): ToolCall[] {
  const image = (platform: keyof typeof PREFIX, extra: string, file: string): ToolCall => ({
    tool: 'grub-mkimage',
    arguments: [
      ...['-d', join(modules, platform), '-O', platform, '-p', PREFIX[platform]],
      ...['-o', join(output, file), ...`${MODULES} ${extra}`.trim().split(' ')],
    ],
  });
  return [image('i386-pc', 'biosdisk', 'core.img'), image('x86_64-efi', '', 'grubx64.efi')];
}

/** Leaves boot.img and core.img (BIOS) and grubx64.efi (UEFI). */
export function loaderStep(options: {
  epoch: number;
  tools: StepResult;
  packages: StepResult;
}): Step {
  const { epoch, tools, packages } = options;
  const modules = join(packages.directory, 'grub');
  return {
    name: 'loader',
    title: 'Make the boot loader of the host',
    module: MODULE,
    inputs: { tools: tools.key, packages: packages.key, epoch },
    run: async (context) => {
      const root = join(tools.directory, 'root');
      await runTools(root, loaderCalls(modules, context.directory), epoch, context);
      await copyFile(join(modules, 'i386-pc/boot.img'), join(context.directory, 'boot.img'));
    },
  };
}
