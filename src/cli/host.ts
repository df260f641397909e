// kronos host: everything about host files and machines that needs neither an image nor root.
import { Command } from 'commander';
import type { Runner } from './session.ts';

/** Defines `kronos host` and what is below it. */
export function createCommand(run: Runner): Command {
  const command = new Command('host').description(
    'Writes, checks and tries host files: what an installed host is to be.',
  );
  void run;
  return command;
}
