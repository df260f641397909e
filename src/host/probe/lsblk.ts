// What lsblk says of the block devices: a tree of disks, partitions and what stands on them.
import * as z from 'zod';
import { KronosError } from '../../common/error.ts';

/** What is asked of lsblk; known to util-linux 2.37 and later. */
export const LSBLK_COLUMNS = [
  'NAME', 'KNAME', 'PATH', 'TYPE', 'SIZE', 'LOG-SEC', 'PHY-SEC', 'VENDOR', 'MODEL', 'SERIAL', 'WWN', 'TRAN',
  'SUBSYSTEMS', 'ROTA', 'RM', 'RO', 'MOUNTPOINTS', 'FSTYPE', 'LABEL', 'UUID', 'PARTLABEL', 'PTTYPE', 'PTUUID',
] as const; // prettier-ignore

const text = z
  .string()
  .nullish()
  .transform((value) => {
    const trimmed = value?.trim() ?? '';
    return trimmed === '' ? undefined : trimmed;
  });
const flag = z.union([z.boolean(), z.enum(['0', '1']).transform((value) => value === '1')]);
const count = z.union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number)]);

const fields = {
  name: z.string(),
  kname: z.string(),
  path: text,
  type: z.string(),
  size: count.nullish().transform((value) => value ?? 0),
  'log-sec': count.nullish().transform((value) => value ?? 512),
  'phy-sec': count.nullish().transform((value) => value ?? 512),
  vendor: text,
  model: text,
  serial: text,
  wwn: text,
  tran: text,
  subsystems: text,
  rota: flag,
  rm: flag,
  ro: flag,
  mountpoints: z
    .array(z.string().nullable())
    .default([])
    .transform((list) => list.filter((point) => point !== null)),
  fstype: text,
  label: text,
  uuid: text,
  partlabel: text,
  pttype: text,
  ptuuid: text,
};

export interface BlockDevice extends z.output<z.ZodObject<typeof fields>> {
  /** Partitions, and what stands on the device; a device that stands on two is below both. */
  children: BlockDevice[];
}

const device: z.ZodType<BlockDevice> = z.object({
  ...fields,
  get children() {
    return z.array(device).default([]);
  },
});

const document = z.object({ blockdevices: z.array(device) });

/** The tree that `lsblk --json --bytes --output ...` prints. Errors: `io/unexpected-output`. */
export function parseLsblk(output: string): BlockDevice[] {
  return parseOutput(document, output, 'lsblk').blockdevices;
}

/** The JSON that a program printed. Errors: `io/unexpected-output` naming the program. */
export function parseOutput<T>(schema: z.ZodType<T>, output: string, program: string): T {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch (error) {
    throw unexpected(program, error);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw unexpected(program, result.error);
  return result.data;
}

function unexpected(program: string, cause: unknown): KronosError {
  return new KronosError('io/unexpected-output', `${program} printed what is not understood`, {
    cause,
    hint: 'util-linux 2.37 or later is needed; the cause tells what is missing',
  });
}

/** True for partitions in the table of the disk; the device mapper has some of its own. */
export function isPartition({ type, kname }: BlockDevice): boolean {
  return type === 'part' && !kname.startsWith('dm-');
}

/** All devices below a device, each once. */
export function descendantsOf(parent: BlockDevice): BlockDevice[] {
  const found = new Map<string, BlockDevice>();
  const visit = (node: BlockDevice): void => {
    for (const child of node.children) {
      found.set(child.kname, child);
      visit(child);
    }
  };
  visit(parent);
  return [...found.values()];
}
