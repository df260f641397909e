// Warnings as a person sees them: like errors, except that the work goes on.
import { formatError } from '../../common/error.ts';
import type { KronosError } from '../../common/error.ts';

/** The lines of every warning, in the form of an error. */
export function formatWarnings(warnings: readonly KronosError[]): string[] {
  return warnings.map((warning) => formatError(warning).replace(/^error /, 'warning '));
}
