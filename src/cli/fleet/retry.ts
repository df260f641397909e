// kronos fleet retry
import type { Command } from 'commander';
import { createSubCommand } from '../options.ts';
import type { Runner } from '../session.ts';
import { askFor } from './act.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

interface RetryOptions extends ServerOptions {
  reinstall?: boolean;
}

/** Defines `kronos fleet retry`. */
export function createRetry(run: Runner): Command {
  const command = createSubCommand(
    'retry',
    'Installs hosts again that failed, when their turn comes. What is on their disks is lost.',
    ['kronos fleet retry xen07', 'kronos fleet retry xen01 xen02 --reinstall'],
  )
    .argument('<hosts...>', 'names of hosts, or MAC addresses of machines')
    .option('--reinstall', 'also hosts that are ready');
  return addServerOptions(command).action((hosts: string[], options: RetryOptions) =>
    run(options, (session) =>
      askFor(
        { do: 'retry', hosts, ...(options.reinstall === true ? { reinstall: true } : {}) },
        options,
        session,
      ),
    ),
  );
}
