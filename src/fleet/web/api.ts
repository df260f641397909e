// The operator API: JSON for programs, and for the script of the page.
import * as z from 'zod';
import { admit } from './access.ts';
import { actionSchema } from './action.ts';
import { answerJson, RequestError } from './answer.ts';
import { readJson } from './request.ts';
import type { WebContext, WebRequest } from './web.ts';

/** Where the script of the page proves to be ours. */
const CSRF_HEADER = 'x-kronos-csrf';

const HOST = /^\/v1\/hosts\/([^/]+)$/;

/** Answers GET /v1/status, /v1/hosts/NAME, /v1/stream and POST /v1/actions; false: it is none of these. */
export async function serveApi(asked: WebRequest, context: WebContext): Promise<boolean> {
  const { path, method, request, response } = asked;
  const { desk, hub } = context;
  const host = HOST.exec(path)?.[1];
  const allowed = path === '/v1/actions' ? 'POST' : 'GET';
  if (host === undefined && !['/v1/status', '/v1/stream', '/v1/actions'].includes(path))
    return false;
  if (method !== allowed || (path === '/v1/stream' && request.method === 'HEAD')) {
    throw new RequestError(405, 'input/fleet-request', `${path} takes ${allowed} only`);
  }
  const csrf = request.headers[CSRF_HEADER];
  admit(asked, context, typeof csrf === 'string' ? csrf : undefined);
  if (host !== undefined) {
    answerJson(response, 200, await findDetails(context, host));
  } else if (path === '/v1/status') {
    answerJson(response, 200, desk.status());
  } else if (path === '/v1/stream') {
    hub.follow(response);
  } else {
    const done = await desk.act(checkAction(await readJson(request)));
    hub.look();
    answerJson(response, 200, { message: done.message });
  }
  return true;
}

/** What the desk knows of the host with that (encoded) name. Errors: `input/no-such-host`. */
export async function findDetails({ desk }: WebContext, encoded: string) {
  let name: string | undefined;
  try {
    name = decodeURIComponent(encoded);
  } catch {
    name = undefined;
  }
  const details = name === undefined ? undefined : await desk.details(name);
  if (details !== undefined) return details;
  throw new RequestError(404, 'input/no-such-host', 'there is no such host or machine', {
    hint: 'kronos fleet status lists them',
  });
}

/** Errors: `input/fleet-request`. */
export function checkAction(value: unknown): z.output<typeof actionSchema> {
  const result = actionSchema.safeParse(value);
  if (result.success) return result.data;
  const said = z.prettifyError(result.error).split('\n')[0] ?? '';
  throw new RequestError(400, 'input/fleet-request', `this is no action: ${said}`);
}
