// kronos host: everything about host files and machines that needs neither an image nor root.
import type { Command } from 'commander';
import { createEmbed } from './host/embed.ts';
import { createExtract } from './host/extract.ts';
import { createImportCommand } from './host/import.ts';
import { createInventory } from './host/inventory.ts';
import { createMatch } from './host/match.ts';
import { createNew } from './host/new.ts';
import { createPlan } from './host/plan.ts';
import { createSchema } from './host/schema.ts';
import { createValidate } from './host/validate.ts';
import { createSubCommand } from './options.ts';
import type { Runner } from './session.ts';

/** Defines `kronos host` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand(
    'host',
    'Writes, checks and tries host files: what an installed host is to be.',
    ['kronos host new xen01.yaml', 'kronos host match xen01.yaml --inventory xen01.json'],
  )
    .addCommand(createNew(run).summary('ask a few questions and write a host file'))
    .addCommand(createValidate(run).summary('check host files'))
    .addCommand(createEmbed(run).summary('write a host file into a medium'))
    .addCommand(createExtract(run).summary('print the host file in a medium'))
    .addCommand(
      createImportCommand(run).summary('make a host file of an answer file of XenServer or XCP-ng'),
    )
    .addCommand(createMatch(run).summary('show what selectors pick on a machine, and why'))
    .addCommand(createPlan(run).summary('print all that an installation would do'))
    .addCommand(createInventory(run).summary('record what this machine has'))
    .addCommand(createSchema(run).summary('print the JSON Schema of the host file'));
}
