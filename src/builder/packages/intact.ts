// The blobs were right when they were stored; a disk may think otherwise by now.
import { digestFileSync } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import type { LockedPackage } from '../lock/lock.ts';

/** Reads every blob again. Errors: `verification/blob-digest` naming the first package that is not what the lock says. */
export function requireIntact(
  archives: readonly (Pick<LockedPackage, 'name' | 'version' | 'sha256'> & { file: string })[],
): void {
  for (const { name, version, sha256, file } of archives) {
    const found = digestFileSync(file);
    if (found === sha256) continue;
    throw new KronosError(
      'verification/blob-digest',
      `${name} ${version}: the cached package has sha256 ${found}, the lock says ${sha256}`,
      { hint: `remove the damaged file and build again: ${file}` },
    );
  }
}
