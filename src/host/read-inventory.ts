// Recorded machines as files: what `kronos host inventory` wrote.
import { readFile } from 'node:fs/promises';
import { KronosError, systemCode } from '../common/error.ts';
import { validate } from '../common/validate.ts';
import { loadYaml } from '../common/yaml.ts';
import { inventorySchema, type Inventory } from './inventory.ts';

/**
 * Reads and checks a recorded inventory. JSON is YAML, so mistakes in it are told by line and column.
 * Errors: `input/no-such-file`, `io/unreadable-file`, those of loadYaml and validate.
 */
export async function readInventory(path: string): Promise<Inventory> {
  return validate(inventorySchema, loadYaml(await readText(path), path), 'the inventory');
}

/** An inventory as the text of its file. */
export function formatInventory(inventory: Inventory): string {
  return `${JSON.stringify(inventory, null, 2)}\n`;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new KronosError('input/no-such-file', `there is no file ${path}`, {
        hint: 'record a machine with: kronos host inventory --output FILE',
      });
    }
    throw new KronosError('io/unreadable-file', `reading ${path} failed`, { cause: error });
  }
}
