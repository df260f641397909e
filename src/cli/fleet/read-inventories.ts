// A directory of recorded machines.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError, systemCode } from '../../common/error.ts';
import type { RecordedMachine } from '../../fleet/file/inventories.ts';
import { readInventory } from '../../host/read-inventory.ts';

/** All of DIRECTORY/*.json by name. Errors: `input/no-such-directory`, `io/unreadable-file`, those of readInventory. */
export async function readInventories(directory: string): Promise<RecordedMachine[]> {
  const recorded: RecordedMachine[] = [];
  for (const name of (await list(directory)).sort()) {
    const file = join(directory, name);
    recorded.push({ file, inventory: await readInventory(file) });
  }
  return recorded;
}

async function list(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') {
      throw new KronosError('input/no-such-directory', `there is no directory ${directory}`, {
        hint: 'record each machine there with: kronos host inventory --output DIR/NAME.json',
      });
    }
    throw new KronosError('io/unreadable-file', `reading ${directory} failed`, { cause: error });
  }
}
