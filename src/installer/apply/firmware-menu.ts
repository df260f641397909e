// Entries of the firmware's own menu (UEFI); a disk that is moved to another machine starts by its fallback path.
import { exists } from '../../common/files.ts';
import { run } from '../../common/process.ts';
import type { StepProgress } from '../../steps/event.ts';
import { partitionOf } from '../plan/layout.ts';
import type { InstallPlan } from '../plan/plan.ts';

/** Where the loader is on the EFI system partition, as the firmware spells it. */
const LOADER = String.raw`\EFI\kronos\grubx64.efi`;

/** A start of our loader that the firmware has in its menu. */
export interface FirmwareEntry {
  /** Four hexadecimal digits. */
  number: string;
  /** UUID of the partition, small letters. */
  partition: string;
}

/** The entries of our loader in what `efibootmgr --verbose` prints (versions 17 and 18 differ in how they write paths). */
export function parseFirmwareEntries(text: string): FirmwareEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, number, partition] =
      /^Boot([0-9A-F]{4})\*? .*\bHD\(\d+,GPT,([0-9a-f-]{36}),/i.exec(line) ?? [];
    if (number === undefined || partition === undefined) return [];
    if (!line.toLowerCase().includes(LOADER.toLowerCase())) return [];
    return [{ number, partition: partition.toLowerCase() }];
  });
}

/** An entry for each system disk, the first of them first; those that lead to partitions that are gone are removed. */
export async function writeFirmwareMenu(plan: InstallPlan, progress: StepProgress): Promise<void> {
  await attempt(progress, 'entries of earlier installations stay in the firmware', removeStale);
  const part = String(partitionOf(plan.system.layout, 'efi').number);
  for (const { name } of [...plan.system.disks].reverse()) {
    const where = ['--disk', `/dev/${name}`, '--part', part];
    const missing = `the firmware got no entry for ${name}, it starts by its usual path`;
    await attempt(progress, missing, async () => {
      const what = ['--label', 'Kronos', '--loader', LOADER];
      await run(['efibootmgr', '--quiet', '--create', ...where, ...what]);
    });
  }
}

async function removeStale(): Promise<void> {
  const { stdout } = await run(['efibootmgr', '--verbose']);
  for (const { number, partition } of parseFirmwareEntries(stdout)) {
    if (await exists(`/dev/disk/by-partuuid/${partition}`)) continue;
    await run(['efibootmgr', '--quiet', '--delete-bootnum', '--bootnum', number]);
  }
}

/** Firmware without room, or without variables at all, still finds the fallback path. */
async function attempt(
  progress: StepProgress,
  otherwise: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    progress.note(`${otherwise}: ${why}`);
  }
}
