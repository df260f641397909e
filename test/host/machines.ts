// The recorded machines below test/host/machines.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventorySchema, type Inventory } from '../../src/host/inventory.ts';
import { sourceDirectory } from '../golden.ts';

/** Where the files are. */
export const MACHINES = join(sourceDirectory(import.meta.url), 'machines');

/** The inventory `NAME.json`. */
export async function readMachine(name: string): Promise<Inventory> {
  return inventorySchema.parse(JSON.parse(await readFile(join(MACHINES, `${name}.json`), 'utf8')));
}
