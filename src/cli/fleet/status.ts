// kronos fleet status
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { EXIT_CODES, KronosError } from '../../common/error.ts';
import type { FleetClient } from '../../fleet/client.ts';
import type { FleetStatus } from '../../fleet/desk.ts';
import { createSubCommand } from '../options.ts';
import type { Outcome, Runner, Session } from '../session.ts';
import { addServerOptions, openClient, type ServerOptions } from './server-options.ts';
import { openScreen, type Screen } from './screen.ts';
import { outputWidth } from './width.ts';

interface StatusOptions extends ServerOptions {
  watch?: boolean;
}

/** Defines `kronos fleet status`. */
export function createStatus(run: Runner): Command {
  const command = createSubCommand(
    'status',
    'Prints where every host of the fleet stands, by state: failures with what helps, what works and how far it is, and what the others wait for. With --watch the table is kept up to date on a terminal, and elsewhere every change is a line, until the rollout is done: with 5 where hosts failed. With --watch --json every line is a whole status.',
    ['kronos fleet status', 'kronos fleet status --watch', 'kronos fleet status --json'],
  ).option('--watch', 'keep it up to date until the rollout is done or Ctrl-C');
  return addServerOptions(command).action((options: StatusOptions) =>
    run(
      // Lines are printed while it goes on, not one document at the end.
      options.watch === true ? { ...options, json: false } : options,
      (session) => showStatus(options, session),
    ),
  );
}

async function showStatus(options: StatusOptions, session: Session): Promise<Outcome> {
  const { formatStatus } = await import('../../fleet/text/table.ts');
  const client = await openClient(options, session);
  if (options.watch === true) {
    const screen = await openScreen(options.json === true);
    const last = await watch(client, session.signal, screen);
    screen.close();
    if (last?.rollout !== 'done' || last.counts.failed === 0) return { json: undefined, text: '' };
    return { json: undefined, text: '', exitCode: EXIT_CODES.host };
  }
  const status = await client.status();
  return { json: status, text: formatStatus(status, outputWidth()) };
}

/** Seconds between two tries to reach a server that was there. */
const PAUSE = 3;

/** Shows every status until the rollout is done or somebody ends it; a server that goes away is waited for. */
async function watch(
  client: FleetClient,
  signal: AbortSignal,
  screen: Screen,
): Promise<FleetStatus | undefined> {
  let last: FleetStatus | undefined;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      for await (const status of client.follow()) {
        last = status;
        screen.show(status);
        if (status.rollout === 'done') return last;
      }
      screen.note('the server ended the connection; trying again');
    } catch (error) {
      if (isOver()) return last;
      if (last === undefined || !(error instanceof KronosError)) throw error;
      if (error.code !== 'io/fleet-server') throw error;
      screen.note(`${error.message}; trying again`);
    }
    await sleep(PAUSE * 1000, undefined, { signal }).catch(() => undefined);
  }
  return last;
}
