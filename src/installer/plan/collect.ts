// Decisions that do not depend on each other: what is wrong with all of them is told at once.
import { KronosError, KronosErrors } from '../../common/error.ts';

/** Throws what was found: nothing, the one error, or all of them as `KronosErrors`. */
export function throwAll(errors: readonly KronosError[]): void {
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 0) throw new KronosErrors(errors);
}

/** The result of a decision; where it fails for a reason that a user can act on, the reasons go to `errors`. */
export function attempt<T>(errors: KronosError[], decide: () => T): T | undefined {
  try {
    return decide();
  } catch (error) {
    if (error instanceof KronosErrors) errors.push(...error.errors);
    else if (error instanceof KronosError) errors.push(error);
    else throw error;
    return undefined;
  }
}
