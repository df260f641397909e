// One first boot at a time: the unit, and whoever calls it by hand.
import { KronosError } from '../common/error.ts';
import { takeLock } from '../steps/lock.ts';

const LOCK_FILE = '/run/kronos/firstboot.lock';

/** Takes the lock and gives what lets it go. Errors: `host/configuring` where somebody has it; those of takeLock. */
export async function lockRun(): Promise<() => Promise<void>> {
  const taken = await takeLock('kronos-firstboot', LOCK_FILE);
  if (!('holder' in taken)) return taken.release;
  throw new KronosError('host/configuring', 'first boot is under way already', {
    hint: `watch it: kronos-firstboot status --watch (process ${taken.holder.pid})`,
  });
}
