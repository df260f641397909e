// Whether a host can be adopted at all: not in a container, not in a tree that somebody is only preparing.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import { exists } from '../../common/files.ts';
import type { Looking } from './system.ts';

/** What container managers leave in a container. */
const MARKS = ['/run/systemd/container', '/.dockerenv', '/run/.containerenv'];

/** Errors: `host/cannot-adopt-container`. */
export async function requireHost({ root, run }: Looking): Promise<void> {
  const what = await findContainer(root, run);
  if (what === undefined) return;
  throw new KronosError(
    'host/cannot-adopt-container',
    `adopting this host: this is ${what}, which has neither cards nor a boot loader of its own`,
    { hint: 'install the packages on the machine itself; here nothing was changed' },
  );
}

async function findContainer(root: string, run: Looking['run']): Promise<string | undefined> {
  for (const mark of MARKS) if (await exists(join(root, mark))) return 'a container';
  const kind = await run(['systemd-detect-virt', '--container']).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  if (kind !== '' && kind !== 'none') return `a container (${kind})`;
  return (await isChroot(root)) ? 'a directory with a system in it (chroot)' : undefined;
}

/** The first process of the machine has another root, or is not seen at all. */
async function isChroot(root: string): Promise<boolean> {
  try {
    const [own, first] = await Promise.all([stat(root), stat(join(root, '/proc/1/root/.'))]);
    return own.dev !== first.dev || own.ino !== first.ino;
  } catch (error) {
    // Without /proc it is one; what may not be looked at says nothing.
    return systemCode(error) === 'ENOENT';
  }
}
