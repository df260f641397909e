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
 * The host file of the first seed that brings one, or the reason why there is none. User-data that is meant for another
 * system, such as what a former deployment left on a disk, is no mistake: it is passed over.
 * Errors: those of lsblk and mount.
 */
export async function findSeed(
  options: { run?: Run; place?: string } = {},
): Promise<{ name: string; text: string } | string> {
  const { run: runs = run, place = PLACE } = options;
  const reasons: string[] = [];
  for (const { label, file } of SEEDS) {
    const device = (await findLabelled(undefined, runs, label))?.path;
    if (device === undefined) continue;
    await mkdir(place, { recursive: true });
    await runs(['mount', '-o', 'ro,nosuid,nodev,noexec', device, place]);
    try {
      const text = await readTextOrUndefined(join(place, file));
      const name = `${file} on ${device}`;
      if (text === undefined) reasons.push(`${device} has no file ${file}`);
      else return { name, text: hostFileOfUserData(text, name) };
    } catch (error) {
      if (!(error instanceof KronosError) || error.class !== 'input') throw error;
      reasons.push(error.message);
    } finally {
      await runs(['umount', place]);
    }
  }
  return reasons.length === 0 ? 'there is none' : reasons.join('; ');
}
