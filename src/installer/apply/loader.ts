// The boot loader comes last: until its last file is there, no firmware finds anything to start on the disk.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patchBootSector, patchCore } from '../../common/grub-bios.ts';
import { run } from '../../common/process.ts';
import type { Step } from '../../steps/run.ts';
import { kernelLine, xenLine, type BootPlan } from '../plan/boot.ts';
import { partitionOf } from '../plan/layout.ts';
import { membersOf, type InstallContext } from './context.ts';
import { writeFirmwareMenu } from './firmware-menu.ts';
import { writeAt } from './write-at.ts';

/** Sectors as the firmware of PCs counts them (bytes). */
const SECTOR = 512;

/** What the menu of an installed host is made of. */
export interface DiskMenu {
  /** For example `Kronos 0.1.0`. */
  product: string;
  hostname: string;
  boot: BootPlan;
  /** UUIDs of the root file systems; the second only where an image is in slot B. */
  slots: readonly { name: string; uuid: string }[];
  /** File name of Xen below /boot. */
  xen: string;
}

const TIMEOUT_SECONDS = 5;

/** The text of grub.cfg on the EFI system partition. */
export function renderDiskMenu(menu: DiskMenu): string {
  const { product, hostname, boot, slots, xen } = menu;
  const [slot, previous] = slots;
  const { port, speed } = boot.serial;
  const entry = (
    id: string,
    title: string,
    { uuid }: { uuid: string },
    where: { xen: boolean; console: 'screen' | 'serial' },
    extra: readonly string[] = [],
  ): string[] => {
    const linux = [...kernelLine(boot, `UUID=${uuid}`, where), ...extra].join(' ');
    return [
      // A letter starts its entry, over the serial line too; GRUB keeps c and e for itself.
      `menuentry " [${id.charAt(0)}] ${title}" --id ${id} --hotkey=${id.charAt(0)} {`,
      `  search --no-floppy --fs-uuid --set=root ${uuid}`,
      ...(where.xen
        ? [
            `  multiboot2 /boot/${xen} placeholder ${xenLine(boot).join(' ')}`,
            `  module2 /vmlinuz placeholder ${linux}`,
            '  module2 --nounzip /initrd.img',
          ]
        : [`  linux /vmlinuz ${linux}`, '  initrd /initrd.img']),
      '}',
    ];
  };
  if (slot === undefined) throw new TypeError('a menu needs a slot');
  return [
    `# Made by kronos-install for ${hostname}.`,
    'set default=xen',
    `set timeout=${TIMEOUT_SECONDS}`,
    `if serial --unit=${port - 1} --speed=${speed} --word=8 --parity=no --stop=1; then`,
    '  terminal_input --append serial',
    '  terminal_output --append serial',
    'fi',
    'set color_normal=light-gray/black',
    'set menu_color_normal=light-gray/black',
    'set menu_color_highlight=white/blue',
    ...entry('xen', `${product} on Xen`, slot, { xen: true, console: 'screen' }),
    ...entry('serial', `${product} on Xen, serial console`, slot, { xen: true, console: 'serial' }),
    ...(previous === undefined
      ? []
      : entry('previous', `${product}, the image before`, previous, {
          xen: true,
          console: 'screen',
        })),
    ...entry('native', `${product} without Xen`, slot, { xen: false, console: 'screen' }),
    ...entry('rescue', `${product} rescue shell`, slot, { xen: false, console: 'screen' }, [
      'systemd.unit=rescue.target',
    ]),
    '',
  ].join('\n');
}

export const loaderStep: Step<InstallContext> = {
  name: 'loader',
  title: 'Writing the boot loader',
  weight: 3,
  apply: async (context, progress) => {
    const { plan, image, target } = context;
    const xen = (await readdir(join(target, 'boot')))
      .sort()
      .findLast((name) => /^xen-[\d.]+-[a-z0-9]+\.gz$/.test(name));
    const menu = renderDiskMenu({
      ...{ product: `Kronos ${image.version}`, hostname: plan.hostname, boot: plan.boot },
      slots: [{ name: 'a', uuid: context.ids.rootA }],
      xen: xen ?? 'xen.gz',
    });
    const { offset } = partitionOf(plan.system.layout, 'bios');
    await withEsps(context, async (directories) => {
      // Everything but what the firmware looks for, then all of it to the disks, then that.
      for (const directory of directories) await fillEsp(directory, menu);
      for (const disk of plan.system.disks) await writeCore(image.loader, disk.name, offset);
      await run(['sync']);
      for (const directory of directories) await completeEsp(image.loader, directory);
    });
    for (const disk of plan.system.disks) await writeBootSector(image.loader, disk.name, offset);
    context.half = false;
    if (plan.firmware === 'uefi') await writeFirmwareMenu(plan, progress);
  },
};

/** Mounts the EFI system partition of every disk for `work`, which gets where they are. */
async function withEsps(
  { plan, target }: InstallContext,
  work: (directories: string[]) => Promise<void>,
): Promise<void> {
  // Where the host will mount one of them.
  await mkdir(join(target, 'boot/efi'), { recursive: true });
  const mounted: string[] = [];
  try {
    for (const [index, device] of membersOf(plan, 'efi').entries()) {
      const directory = `${target}-efi${index}`;
      await mkdir(directory, { recursive: true });
      await run(['mount', '-t', 'vfat', device, directory]);
      mounted.push(directory);
    }
    await work(mounted);
  } finally {
    if (mounted.length > 0) await run(['umount', ...mounted]);
  }
}

async function fillEsp(directory: string, menu: string): Promise<void> {
  await mkdir(join(directory, 'kronos'), { recursive: true });
  await mkdir(join(directory, 'EFI/kronos'), { recursive: true });
  await mkdir(join(directory, 'EFI/BOOT'), { recursive: true });
  await writeFile(join(directory, 'kronos/grub.cfg'), menu);
}

async function completeEsp(loader: string, directory: string): Promise<void> {
  const image = await readFile(join(loader, 'grubx64.efi'));
  await writeFile(join(directory, 'EFI/kronos/grubx64.efi'), image);
  await writeFile(join(directory, 'EFI/BOOT/BOOTX64.EFI'), image);
}

async function writeCore(loader: string, disk: string, offset: number): Promise<void> {
  const core = patchCore(await readFile(join(loader, 'core.img')), offset / SECTOR);
  await writeAt(`/dev/${disk}`, core, offset);
}

async function writeBootSector(loader: string, disk: string, offset: number): Promise<void> {
  const boot = patchBootSector(await readFile(join(loader, 'boot.img')), offset / SECTOR);
  await writeAt(`/dev/${disk}`, boot, 0);
}
