// kronos host inventory
import type { Command } from 'commander';
import { addCommonOptions, createSubCommand } from '../options.ts';
import type { CommonOptions, Outcome, Runner } from '../session.ts';

interface InventoryOptions extends CommonOptions {
  output?: string;
}

/** Defines `kronos host inventory`. */
export function createInventory(run: Runner): Command {
  const command = createSubCommand(
    'inventory',
    'Records what this machine has: disks with all that is on them, network cards, firmware and memory. Reads only, and holds no secrets. Root sees everything; others do not see what is on the disks.',
    ['kronos host inventory', 'kronos host inventory --output xen01.json'],
  ).option('--output <FILE>', 'write the inventory here as JSON');
  return addCommonOptions(command).action((options: InventoryOptions) =>
    run(options, () => recordMachine(options)),
  );
}

async function recordMachine({ output }: InventoryOptions): Promise<Outcome> {
  const { probeMachine } = await import('../../host/probe/probe.ts');
  const { describeInventory } = await import('../../host/describe-inventory.ts');
  const { formatInventory } = await import('../../host/read-inventory.ts');
  const { writeFileAtomic } = await import('../../common/files.ts');
  const inventory = await probeMachine();
  if (output !== undefined) await writeFileAtomic(output, formatInventory(inventory));
  const notes = [
    ...(process.getuid?.() === 0 ? [] : ['not root: what is on the disks is not known']),
    ...(output === undefined ? [] : [`written to ${output}`]),
  ];
  const text = [describeInventory(inventory), ...(notes.length === 0 ? [] : ['', ...notes])];
  return { json: inventory, text: text.join('\n') };
}
