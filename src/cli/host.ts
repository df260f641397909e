// kronos host: everything about host files and machines that needs neither an image nor root.
import type { Command } from 'commander';
import { createInventory } from './host/inventory.ts';
import { createMatch } from './host/match.ts';
import { createSubCommand } from './options.ts';
import type { Runner } from './session.ts';

/** Defines `kronos host` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'host',
    'Writes, checks and tries host files: what an installed host is to be.',
    ['kronos host inventory --output xen01.json', 'kronos host match --inventory xen01.json'],
  )
    .addCommand(createMatch(run).summary('show what selectors pick on a machine, and why'))
    .addCommand(createInventory(run).summary('record what this machine has'));
}
