// Who may come in: with the operator token in the request, or with the cookie of a login.
import { RequestError } from './answer.ts';
import { bearerOf, isFromElsewhere } from './request.ts';
import type { WebContext, WebRequest } from './web.ts';

/** Whether the token is right. Who was wrong too often waits. Errors: `input/fleet-token`. */
export function checkToken({ request }: WebRequest, context: WebContext, token: string): boolean {
  const { limit, sessions, note } = context;
  const address = request.socket.remoteAddress ?? '';
  const seconds = limit.wait(address);
  if (seconds > 0) {
    throw new RequestError(429, 'input/fleet-token', 'there were too many wrong tokens', {
      hint: `wait ${seconds} s`,
      retryAfter: seconds,
    });
  }
  if (sessions.isToken(token)) return true;
  limit.count(address);
  note(`a wrong operator token from ${address}`);
  return false;
}

/**
 * Lets in who has the token in the request, or a session; one that changes something must come from a page of ours.
 * Errors: `input/fleet-token`, `input/fleet-request`.
 */
export function admit(asked: WebRequest, context: WebContext, csrf?: string): void {
  const token = bearerOf(asked.request);
  if (token !== undefined) {
    if (checkToken(asked, context, token)) return;
  } else if (asked.session !== undefined) {
    if (asked.method === 'GET') return;
    checkOwn(asked, context, csrf);
    return;
  }
  throw new RequestError(401, 'input/fleet-token', 'the operator token is missing or wrong', {
    hint: 'the server keeps it in operator.token of its state directory',
  });
}

/** Errors: `input/fleet-request` where another site's page may have sent it. */
function checkOwn({ request, session }: WebRequest, { sessions }: WebContext, csrf?: string): void {
  const own = session !== undefined && csrf !== undefined && sessions.isOwn(session, csrf);
  if (own && !isFromElsewhere(request)) return;
  throw new RequestError(
    403,
    'input/fleet-request',
    'the request comes from no page of this login',
    {
      hint: 'load the page again',
    },
  );
}
