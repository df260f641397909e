// Opens the store that a test names to its programs: `files DIRECTORY`, `postgres URL FLEET`.
import { openFileStore } from '../../../../src/fleet/store/files.ts';
import { openPostgresStore } from '../../../../src/fleet/store/postgres.ts';
import type { Store } from '../../../../src/fleet/store/store.ts';

/** Opens the store; `note` is told what it says. */
export function openNamed(
  [kind = '', place = '', fleet = '']: readonly string[],
  note?: (text: string) => void,
): Promise<Store> {
  return kind === 'files'
    ? openFileStore(place, { note })
    : openPostgresStore(place, fleet, { note });
}
