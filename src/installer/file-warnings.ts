// Warnings about a host file, as they are shown where it is installed from.
import { formatError, type KronosError } from '../common/error.ts';

/** In the files of fleet servers secrets stand as they are: such a file is handed out once, over TLS, and never kept. */
const MEANT_BY_FLEETS = 'input/plain-password';

/** The text of each warning that a person could do something about. */
export function formatFileWarnings(
  warnings: readonly KronosError[],
  { fleet }: { fleet: boolean },
): string[] {
  return warnings
    .filter(({ code }) => !fleet || code !== MEANT_BY_FLEETS)
    .map((warning) => formatError(warning).replace(/^error /, 'warning '));
}
