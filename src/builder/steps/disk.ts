// The medium as a raw disk with a GPT, for clouds and for sticks that must look like a disk: BIOS and UEFI.
import { open, readFile, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { patchBootSector, patchCore } from '../../common/grub-bios.ts';
import { guidOf } from '../image/label.ts';
import type { StepContext } from '../step/step.ts';
import { fileSystemArguments, graftPoint, prepareMedium } from './iso.ts';
import type { MediumInput } from './iso.ts';
import { runTools } from './medium.ts';

export const MODULE = import.meta.url;

const SECTOR = 512;
/** Partitions start and end on whole MiB. */
const MEBIBYTE = 1024 * 1024;

export interface DiskInput extends MediumInput {
  /** File name of the image in the step's directory. */
  name: string;
}

/** A partition, in bytes. */
export interface DiskPartition {
  name: string;
  /** Type code of sgdisk. */
  type: string;
  offset: number;
  size: number;
}

export interface DiskLayout {
  /** Bytes of the whole image. */
  size: number;
  bios: DiskPartition;
  efi: DiskPartition;
  data: DiskPartition;
}

/** Where the parts go. Sizes in bytes. */
export function layOutDisk(sizes: { efi: number; data: number }): DiskLayout {
  const round = (bytes: number): number => Math.ceil(bytes / MEBIBYTE) * MEBIBYTE;
  const bios = { name: 'BIOS boot', type: 'EF02', offset: MEBIBYTE, size: MEBIBYTE };
  const efi = {
    name: 'EFI system',
    type: 'EF00',
    offset: bios.offset + bios.size,
    size: round(sizes.efi),
  };
  const data = {
    name: 'Kronos medium',
    type: '8300',
    offset: efi.offset + efi.size,
    size: round(sizes.data),
  };
  // The last MiB is for the second copy of the table.
  return { size: data.offset + data.size + MEBIBYTE, bios, efi, data };
}

/** Arguments of sgdisk that write the table; every GUID follows from the label. */
export function partitionArguments(layout: DiskLayout, label: string, image: string): string[] {
  const parts = [layout.bios, layout.efi, layout.data].flatMap((part, index) => {
    const number = String(index + 1);
    const first = String(part.offset / SECTOR);
    const last = String((part.offset + part.size) / SECTOR - 1);
    return [
      `--new=${number}:${first}:${last}`,
      `--typecode=${number}:${part.type}`,
      `--change-name=${number}:${part.name}`,
      `--partition-guid=${number}:${guidOf(label, part.name)}`,
    ];
  });
  return [
    '--clear',
    '--set-alignment=2048',
    `--disk-guid=${guidOf(label, 'disk')}`,
    ...parts,
    image,
  ];
}

/** Leaves the disk image in the step's directory. Errors: those of the tools, renderMenu and node:fs. */
export async function makeDisk(input: DiskInput, context: StepContext): Promise<void> {
  const { label } = input.menu;
  const data = join(context.scratch, 'data.iso');
  const files = await prepareMedium(input, context.scratch);
  const fileSystem = [...fileSystemArguments(label, input.epoch, data), ...files.map(graftPoint)];
  await runTools(
    input.toolsRoot,
    [{ tool: 'xorriso', arguments: fileSystem }],
    input.epoch,
    context,
  );

  const efi = join(input.grub, 'efi.img');
  const layout = layOutDisk({ efi: (await stat(efi)).size, data: (await stat(data)).size });
  const image = join(context.directory, input.name);
  await (await open(image, 'w')).close();
  await truncate(image, layout.size);
  const table = [{ tool: 'sgdisk', arguments: partitionArguments(layout, label, image) }];
  await runTools(input.toolsRoot, table, input.epoch, context);

  const coreSector = layout.bios.offset / SECTOR;
  const target = await open(image, 'r+');
  try {
    const boot = patchBootSector(await readFile(join(input.grub, 'boot.img')), coreSector);
    await target.write(boot, 0, boot.length, 0);
    const core = patchCore(await readFile(join(input.grub, 'core.img')), coreSector);
    await target.write(core, 0, core.length, layout.bios.offset);
    await copyInto(target, efi, layout.efi.offset);
    await copyInto(target, data, layout.data.offset);
  } finally {
    await target.close();
  }
  await rm(data);
}

async function copyInto(target: FileHandle, source: string, offset: number): Promise<void> {
  let position = offset;
  for await (const chunk of createReadStream(source, { highWaterMark: MEBIBYTE })) {
    const bytes = chunk as Buffer;
    await target.write(bytes, 0, bytes.length, position);
    position += bytes.length;
  }
}
