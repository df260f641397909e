// kronos fleet approve
import { InvalidArgumentError, type Command } from 'commander';
import { createSubCommand } from '../options.ts';
import type { Runner } from '../session.ts';
import { askFor } from './act.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

/** Defines `kronos fleet approve`. */
export function createApprove(run: Runner): Command {
  const command = createSubCommand(
    'approve',
    'Lets the next wave go, or all waves up to the one that is named. What is on the disks of its machines is lost when they are installed.',
    ['kronos fleet approve', 'kronos fleet approve 2'],
  ).argument('[wave]', 'number of the wave; the canary is 0', parseWave);
  return addServerOptions(command).action((wave: number | undefined, options: ServerOptions) =>
    run(options, (session) => askFor({ do: 'approve', wave }, options, session)),
  );
}

function parseWave(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be the number of a wave.');
  return Number(text);
}
