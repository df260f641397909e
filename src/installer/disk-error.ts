// What programs and the kernel say when a disk of the host is full or fails, as an error that a person can act on.
import { KronosError, systemCode } from '../common/error.ts';
import type { Step } from '../steps/run.ts';

const FULL = /no space left on device|disk quota exceeded/i;
const FAILED = /input\/output error|\bi\/o error|remounting filesystem read-only/i;

/**
 * The error for a step that met a full or failing disk; anything else is given back as it is, and so is what already
 * says what to do. `doing` is a gerund phrase.
 */
export function diskError(doing: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof KronosError && error.hint !== undefined) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || FULL.test(error.message)) {
    return new KronosError('io/disk-full', `${doing}: a file system of the host is full`, {
      hint: 'give more to root or state in disks.system.partitions, and look at what hooks write',
      cause: error,
    });
  }
  if (code === 'EIO' || FAILED.test(error.message)) {
    return new KronosError(
      'io/disk-failed',
      `${doing}: the disk or the medium answers with errors`,
      {
        hint: 'the last lines of dmesg name the device; look at it with smartctl -a, check its cables, and take another',
        cause: error,
      },
    );
  }
  return error;
}

/** The step with its errors told in these words. */
export function tellDiskErrors<C>(step: Step<C>): Step<C> {
  return {
    ...step,
    apply: async (context, progress) => {
      try {
        await step.apply(context, progress);
      } catch (error) {
        throw diskError(step.title, error);
      }
    },
  };
}
