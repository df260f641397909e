// One installation at a time on a machine, however many consoles show the screens.
import { KronosError } from '../common/error.ts';
import { takeLock } from '../steps/lock.ts';

export const LOCK_FILE = '/run/kronos/install.lock';

/**
 * Does the work while nobody else does the like.
 * Errors: `host/installing` where somebody does; those of the work.
 */
export async function withLock<T>(terminal: string, work: () => Promise<T>): Promise<T> {
  const taken = await takeLock(terminal, LOCK_FILE);
  if ('holder' in taken) {
    const { pid, terminal: other } = taken.holder;
    throw new KronosError('host/installing', `an installation runs already, on ${other}`, {
      hint: `wait for it, or end process ${pid}`,
    });
  }
  try {
    return await work();
  } finally {
    await taken.release();
  }
}
