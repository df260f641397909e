// kronos pool: hosts that are to be one pool, seen from an operator's machine.
import type { Command } from 'commander';
import { createSubCommand } from './options.ts';
import { createPreflight } from './pool/preflight.ts';
import type { Runner } from './session.ts';

/** Defines `kronos pool` and what is below it. */
export function createCommand(run: Runner): Command {
  return createSubCommand('pool', 'Looks at hosts that are to be one pool.', [
    'kronos pool preflight 10.0.0.1=AB:... 10.0.0.2=12:... --password-file pw.txt',
  ]).addCommand(createPreflight(run).summary('what keeps hosts out of a pool'));
}
