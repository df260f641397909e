// Volumes by which deployment engines hand user-data to a machine: NoCloud seeds of cloud-init and OpenStack's config drive.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined } from '../common/files.ts';
import { run } from '../common/process.ts';
import { hostFileOfUserData } from '../host/user-data.ts';
import { findLabelled } from './stick.ts';

/** File system labels, in the order in which they are looked at, and where user-data is on each. */
const SEEDS = [
  { label: 'CIDATA', file: 'user-data' },
  { label: 'CONFIG-2', file: 'openstack/latest/user_data' },
] as const;

/** Where a seed is mounted, read-only, while it is read. */
const PLACE = '/run/kronos/seed';

/** What a message calls the places. */
export const SEED_PLACE = 'volume labelled cidata or config-2';

type Run = (argv: readonly string[]) => Promise<{ stdout: string }>;

/**
 * The host file of the first seed that brings one, or the reason why there is none. Nobody named these volumes: what a
 * former deployment left on a disk, or what is meant for another system, is no mistake and is passed over.
 * Errors: those of lsblk.
 */
export async function findSeed(
  options: { run?: Run; place?: string } = {},
): Promise<{ name: string; text: string } | string> {
  const { run: runs = run, place = PLACE } = options;
  const reasons: string[] = [];
  for (const { label, file } of SEEDS) {
    const device = (await findLabelled(undefined, runs, label))?.path;
    if (device === undefined) continue;
    const name = `${file} on ${device}`;
    try {
      const text = await readFrom(device, file, { runs, place });
      if (text !== undefined) return { name, text: hostFileOfUserData(text, name) };
      reasons.push(`${device} has no file ${file}`);
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      reasons.push(error.code === 'input/user-data' ? error.message : `${name}: ${error.message}`);
    }
  }
  return reasons.length === 0 ? 'there is none' : reasons.join('; ');
}

async function readFrom(
  device: string,
  file: string,
  { runs, place }: { runs: Run; place: string },
): Promise<string | undefined> {
  await mkdir(place, { recursive: true });
  await runs(['mount', '-o', 'ro,nosuid,nodev,noexec', device, place]);
  try {
    return await readTextOrUndefined(join(place, file));
  } finally {
    await runs(['umount', place]);
  }
}
