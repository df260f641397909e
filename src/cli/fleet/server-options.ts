// Options of all commands that talk to a fleet server.
import type { Command } from 'commander';
import type { FleetClient } from '../../fleet/client.ts';
import { addCommonOptions } from '../options.ts';
import type { CommonOptions, Session } from '../session.ts';

/** Where `kronos fleet serve` keeps its state when nothing else is said. */
const DEFAULT_STATE = 'fleet-state';

export interface ServerOptions extends CommonOptions {
  state: string;
  server?: string;
  fingerprint?: string;
  tokenFile?: string;
}

/** Adds the options that say which server is meant, and the common ones. */
export function addServerOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option('--state <DIR>', 'state directory of kronos fleet serve', DEFAULT_STATE)
      .option('--server <URL>', 'the server, in place of what the state directory says')
      .option('--fingerprint <SHA256>', 'of the certificate of the server')
      .option('--token-file <FILE>', 'where the operator token is'),
  );
}

/** A client of the server that is meant. Errors: those of findFleetServer. */
export async function openClient(options: ServerOptions, session: Session): Promise<FleetClient> {
  const { findFleetServer } = await import('../../fleet/target.ts');
  const { openFleetClient } = await import('../../fleet/client.ts');
  return openFleetClient(await findFleetServer(options), session.signal);
}
