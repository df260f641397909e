// kronos host: everything about host files and machines that needs neither an image nor root.
import { Command } from 'commander';
import { createImportCommand } from './host/import.ts';
import type { Runner } from './session.ts';

/** Defines `kronos host` and what is below it. */
export function createCommand(run: Runner): Command {
  return new Command('host')
    .description('Writes, checks and tries host files: what an installed host is to be.')
    .addHelpText('after', '\nExamples:\n  $ kronos host import answers.xml --output xen01.yaml')
    .addCommand(
      createImportCommand(run).summary('make a host file of an answer file of XenServer or XCP-ng'),
    );
}
