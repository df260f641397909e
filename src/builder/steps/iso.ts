// The medium: one ISO that starts as CD and as disk, on BIOS and UEFI, the same bits every time.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, type Sha256 } from '../../common/digest.ts';
import { formatHostArea } from '../../host/area.ts';
import { HOST_AREA_PATH, findHostArea } from '../image/host-area.ts';
import type { HostArea } from '../image/host-area.ts';
import { guidOf, isoDate } from '../image/label.ts';
import { layerOnMedium } from '../image/layer-place.ts';
import { renderMenu } from '../image/menu.ts';
import type { MenuInput } from '../image/menu.ts';
import type { StepContext } from '../step/step.ts';
import { runTools } from './medium.ts';
import type { MediumFile } from './medium.ts';

export const MODULE = import.meta.url;

/** What goes onto every kind of medium. */
export interface MediumInput {
  toolsRoot: string;
  /** The directory `iso/` of Kronos. */
  templates: string;
  menu: MenuInput;
  kernel: string;
  /** xen.gz. */
  xen: string;
  initrd: string;
  /** Bottom first. */
  layers: readonly { name: string; path: string; sha256?: Sha256 }[];
  /** Output of the grub step. */
  grub: string;
  epoch: number;
}

export interface IsoInput extends MediumInput {
  /** File name of the ISO in the step's directory. */
  name: string;
}

/** The files of the medium that come from other steps. */
export function mediumFiles(input: MediumInput): MediumFile[] {
  return [
    { target: '/boot/xen.gz', source: input.xen },
    { target: '/boot/vmlinuz', source: input.kernel },
    { target: '/boot/initrd.img', source: input.initrd },
    ...input.layers.map(({ name, path, sha256 }) => ({
      target: `/${layerOnMedium(name)}`,
      source: path,
      sha256,
    })),
  ];
}

/**
 * Writes what the medium holds besides: menu, release, the area for a host file, and the list for the medium check.
 * The area is left out of the list: it changes. Returns all files of the medium, sorted by path.
 */
export async function prepareMedium(input: MediumInput, scratch: string): Promise<MediumFile[]> {
  const own = async (target: string, content: string | Uint8Array): Promise<MediumFile> => {
    const source = join(scratch, target.slice(1).replaceAll('/', '_'));
    await writeFile(source, content);
    return { target, source };
  };
  const checked = [
    ...mediumFiles(input),
    await own('/boot/grub/grub.cfg', await renderMenu(input.templates, 'grub', input.menu)),
    await own('/kronos/release', releaseText(input.menu)),
  ].sort(byTarget);
  const sums = await Promise.all(
    checked.map(
      async ({ target, source, sha256 }) =>
        `${sha256 ?? (await digestFile(source))}  ${target.slice(1)}\n`,
    ),
  );
  return [
    ...checked,
    await own(HOST_AREA_PATH, formatHostArea()),
    await own('/kronos/SHA256SUMS', sums.join('')),
  ].sort(byTarget);
}

function byTarget(a: MediumFile, b: MediumFile): number {
  return a.target < b.target ? -1 : 1;
}

/** In the form of os-release(5), for people and scripts that hold the medium in their hands. */
function releaseText(menu: MenuInput): string {
  return [
    `NAME="${menu.brand}"`,
    `VERSION="${menu.version}"`,
    `EDITION="${menu.edition}"`,
    `ARCHITECTURE="${menu.architecture}"`,
    `LABEL="${menu.label}"`,
    '',
  ].join('\n');
}

/** Arguments of xorriso that every ISO 9660 file system of ours is made with: its name and its one date. */
export function fileSystemArguments(label: string, epoch: number, output: string): string[] {
  const date = isoDate(epoch);
  return [
    // -no_rc: the machine's own xorriso configuration must not count. It has to be the first argument.
    // xorriso would wait for the disk after every 16 MB; whoever cuts a build finds no step in the cache anyway.
    ...['-no_rc', '-stdio_sync', 'off'],
    ...['-as', 'mkisofs', '-quiet', '-iso-level', '3', '-r', '-J', '-joliet-long'],
    ...['-V', label, '-volset', label, '-publisher', 'KRONOS', '-p', 'KRONOS', '-appid', 'KRONOS'],
    ...['-sysid', 'LINUX', `--modification-date=${date}`, '--set_all_file_dates', date],
    ...['-o', output, '-graft-points'],
  ];
}

/** A file as xorriso's graft point `TARGET=SOURCE`; `=` and `\` in paths are escaped as it wants them. */
export function graftPoint(file: MediumFile): string {
  const escape = (path: string): string => path.replace(/[\\=]/g, '\\$&');
  return `${escape(file.target)}=${escape(file.source)}`;
}

/** Arguments of xorriso for the hybrid ISO. */
export function isoArguments(
  label: string,
  epoch: number,
  grub: string,
  files: readonly MediumFile[],
  output: string,
): string[] {
  const eltorito = '/boot/grub/i386-pc/eltorito.img';
  return [
    ...fileSystemArguments(label, epoch, output),
    // As a disk on BIOS: GRUB's start sector in front, and the file system visible as a partition too.
    ...[
      '--grub2-mbr',
      join(grub, 'boot_hybrid.img'),
      '-partition_offset',
      '16',
      '--mbr-force-bootable',
    ],
    // As a disk or CD on UEFI: the EFI system partition behind the file system.
    ...['-append_partition', '2', '0xef', join(grub, 'efi.img'), '-appended_part_as_gpt'],
    ...['--gpt_disk_guid', guidOf(label, 'iso').replaceAll('-', '').toLowerCase()],
    // As a CD on BIOS, then on UEFI.
    ...['-c', '/boot/boot.cat', '-b', eltorito, '-no-emul-boot', '-boot-load-size', '4'],
    ...['-boot-info-table', '--grub2-boot-info'],
    ...['-eltorito-alt-boot', '-e', '--interval:appended_partition_2:all::', '-no-emul-boot'],
    graftPoint({ target: eltorito, source: join(grub, 'eltorito.img') }),
    ...files.map(graftPoint),
  ];
}

/**
 * Leaves the ISO in the step's directory, and `host-area.json` with offset and size of the area for a host file.
 * Errors: those of xorriso, renderMenu and node:fs.
 */
export async function makeIso(input: IsoInput, context: StepContext): Promise<void> {
  const files = await prepareMedium(input, context.scratch);
  const iso = join(context.directory, input.name);
  await runTools(
    input.toolsRoot,
    [
      {
        tool: 'xorriso',
        arguments: isoArguments(input.menu.label, input.epoch, input.grub, files, iso),
      },
    ],
    input.epoch,
    context,
  );
  const area: HostArea = await findHostArea(iso);
  await writeFile(join(context.directory, 'host-area.json'), `${JSON.stringify(area)}\n`);
}
