// What commands that only ask for one action have in common.
import type { OperatorAction } from '../../fleet/desk.ts';
import type { Outcome, Session } from '../session.ts';
import { openClient, type ServerOptions } from './server-options.ts';

/** Asks the server for an action; its answer is the outcome. */
export async function askFor(
  action: OperatorAction,
  options: ServerOptions,
  session: Session,
): Promise<Outcome> {
  const client = await openClient(options, session);
  const { message } = await client.act(action);
  return { json: { action, message }, text: message };
}
