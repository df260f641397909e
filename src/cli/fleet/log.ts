// kronos fleet log
import type { Command } from 'commander';
import { createSubCommand } from '../options.ts';
import type { Outcome, Runner, Session } from '../session.ts';
import { addServerOptions, openClient, type ServerOptions } from './server-options.ts';
import { outputWidth } from './width.ts';

/** Defines `kronos fleet log`. */
export function createLog(run: Runner): Command {
  const command = createSubCommand(
    'log',
    'Prints what happened to a host, and of a failed one why and the end of its log. With --json the inventory of its machine too.',
    ['kronos fleet log xen07', 'kronos fleet log 52:54:00:12:34:56 --json'],
  ).argument('<host>', 'name of the host, or MAC address of the machine');
  return addServerOptions(command).action((host: string, options: ServerOptions) =>
    run(options, (session) => printLog(host, options, session)),
  );
}

async function printLog(host: string, options: ServerOptions, session: Session): Promise<Outcome> {
  const { formatDetails } = await import('../../fleet/text/table.ts');
  const details = await (await openClient(options, session)).details(host);
  return { json: details, text: formatDetails(details, outputWidth()) };
}
