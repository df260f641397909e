// The machine that a command works with: a recorded one, or this one.
import type { Inventory } from '../../host/inventory.ts';

/** The option of all commands that need a machine. */
export const INVENTORY_OPTION = [
  '--inventory <FILE>',
  'a recorded machine (default: this one)',
] as const;

/** Reads a recorded inventory, or looks at this machine. Errors: those of `readInventory` and `probeMachine`. */
export async function openInventory(file: string | undefined): Promise<Inventory> {
  if (file === undefined) {
    const { probeMachine } = await import('../../host/probe/probe.ts');
    return probeMachine();
  }
  const { readInventory } = await import('../../host/read-inventory.ts');
  return readInventory(file);
}
