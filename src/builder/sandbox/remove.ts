// Removing what a sandbox left: its files may belong to subordinate users that only a user namespace can touch.
import { rm } from 'node:fs/promises';
import { systemCode } from '../../common/error.ts';
import { run } from '../../common/process.ts';

/** Removes a tree whoever owns its files. Errors: those of `rm`. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const refused = systemCode(error) === 'EACCES' || systemCode(error) === 'EPERM';
    if (!refused || process.getuid?.() === 0) throw error;
    await run(['unshare', '--user', '--map-root-user', '--map-auto', 'rm', '-rf', '--', path]);
  }
}
