// kronos fleet name
import type { Command } from 'commander';
import { createSubCommand } from '../options.ts';
import type { Runner } from '../session.ts';
import { askFor } from './act.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

interface NameOptions extends ServerOptions {
  replaced?: string;
}

/** Defines `kronos fleet name`. */
export function createName(run: Runner): Command {
  const command = createSubCommand(
    'name',
    'Says for which host of the fleet file a machine is, where the file does not say it. It is installed as that host when its turn comes.',
    [
      'kronos fleet name 52:54:00:12:34:56 xen07',
      'kronos fleet name 52:54:00:12:34:56 xen07 --replaced CZ3921X7QF',
    ],
  )
    .argument('<machine>', 'MAC address of the machine, as kronos fleet status shows it')
    .argument('<host>', 'name of the host')
    .option(
      '--replaced <SERIAL>',
      'its mainboard is another one now, with this serial number (or UUID, where it has none); only the network card is that from before',
    );
  return addServerOptions(command).action((machine: string, host: string, options: NameOptions) =>
    run(options, (session) => {
      const { replaced } = options;
      const more = replaced === undefined ? {} : { replaced };
      return askFor({ do: 'name', machine, host, ...more }, options, session);
    }),
  );
}
