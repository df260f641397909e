// What is served over HTTPS: machines with their tokens, then the pages of whoever runs the fleet.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { KronosError } from '../../common/error.ts';
import { FLEET_PATHS } from '../../host/fleet/messages.ts';
import { Refusal } from './body.ts';
import type { FleetContext } from './context.ts';
import { createEventDesk } from './events.ts';
import { createHelloDesk } from './hello.ts';
import { answerHostFile } from './host-file.ts';
import { addressOf, type Handler } from './web-server.ts';

/** Gives false where a request is not for it. */
export type Web = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** What is sent back; undefined: that it was taken. */
type Work = (request: IncomingMessage) => Promise<unknown>;

export function createSecureHandler(context: FleetContext, web: Web | undefined): Handler {
  const hellos = createHelloDesk(context);
  const events = createEventDesk(context);
  const works = new Map<string, Work>([
    [FLEET_PATHS.hello, hellos.answer],
    [FLEET_PATHS.hostFile, (request) => answerHostFile(context, request)],
    [FLEET_PATHS.after, events.after],
    [FLEET_PATHS.events, events.take],
  ]);
  return async (request, response) => {
    const [path = ''] = (request.url ?? '').split(/[?#]/, 1);
    const work = works.get(path);
    if (work !== undefined) {
      await answer(context, work, request, response);
      return;
    }
    if (web !== undefined && (await web(request, response))) return;
    refuse(context, request, response, new Refusal(404, 'there is nothing here'));
  };
}

async function answer(
  context: FleetContext,
  work: Work,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request.method !== 'POST') throw new Refusal(405, 'this is asked by POST');
    const result = await work(request);
    if (response.destroyed) return;
    const text = result === undefined ? '' : JSON.stringify(result);
    response.writeHead(result === undefined ? 204 : 200, {
      'Cache-Control': 'no-store',
      ...(result === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    });
    response.end(text);
  } catch (error) {
    if (error instanceof Refusal) {
      refuse(context, request, response, error);
      return;
    }
    if (!(error instanceof KronosError)) throw error;
    // The store does not take it now; machines ask again.
    context.note('error', `${error.code}: ${error.message}`);
    send(response, 503, 'not now');
  }
}

function refuse(
  context: FleetContext,
  request: IncomingMessage,
  response: ServerResponse,
  { status, message }: Refusal,
): void {
  const [path = ''] = (request.url ?? '').slice(0, 200).split(/[?#]/, 1);
  // What strangers try must not crowd out what concerns machines of the fleet.
  const kind = status === 409 ? 'warned' : 'refused';
  context.note(kind, `${addressOf(request.socket)} ${path}: ${status}, ${message}`);
  send(response, status, message);
}

function send(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify({ error: message });
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    // What may still come of the body is not read.
    Connection: 'close',
  });
  response.end(text);
}
