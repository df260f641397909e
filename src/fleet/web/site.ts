// The pages and their forms, which also work where no script runs.
import { admit, checkToken } from './access.ts';
import { questionOf } from './action.ts';
import { answer, answerPage, lead, RequestError } from './answer.ts';
import { checkAction, findDetails } from './api.ts';
import { readFilter, renderFleet, renderHost, renderLogin, renderQuestion } from './pages.ts';
import { isFromElsewhere, parseJson, readForm } from './request.ts';
import type { WebContext, WebRequest } from './web.ts';

const HOST = /^\/hosts\/([^/]+)$/;

/** Answers `/`, `/hosts/NAME`, `/stream`, `/login`, `/logout` and `/act`; false: it is none of these. */
export async function servePages(asked: WebRequest, context: WebContext): Promise<boolean> {
  const { path, method, response, session } = asked;
  const host = HOST.exec(path)?.[1];
  const isForm = ['/login', '/logout', '/act'].includes(path);
  if (host === undefined && !isForm && path !== '/' && path !== '/stream') return false;
  if (path === '/login' && method === 'GET') {
    answerPage(response, 200, renderLogin(context));
    return true;
  }
  if (method !== (isForm ? 'POST' : 'GET')) {
    throw new RequestError(405, 'input/fleet-request', `${path} does not take ${method}`);
  }
  if (path === '/login') {
    await logIn(asked, context);
  } else if (session === undefined) {
    // The script must see that it is out; people are led to the login.
    if (path === '/stream') admit(asked, context);
    else lead(response, '/login');
  } else if (path === '/stream' && asked.request.method === 'HEAD') {
    answer(response, 200, {});
  } else if (path === '/stream') {
    const { query, request } = asked;
    const last = request.headers['last-event-id'];
    context.hub.followPage(response, typeof last === 'string' ? last : (query.get('since') ?? ''));
  } else if (path === '/logout') {
    admit(asked, context, (await readForm(asked.request)).get('csrf') ?? '');
    lead(response, '/login', { 'Set-Cookie': context.sessions.end(session) });
  } else if (path === '/act') {
    await act(asked, context, session.csrf);
  } else {
    const viewer = { csrf: session.csrf, notice: context.notices.take(session.id) };
    context.hub.look();
    const html =
      host === undefined
        ? renderFleet(context, context.feed, readFilter(asked.query), viewer)
        : renderHost(context, context.feed, await findDetails(context, host), viewer);
    answerPage(response, 200, html);
  }
  return true;
}

async function logIn(asked: WebRequest, context: WebContext): Promise<void> {
  const { request, response } = asked;
  const form = await readForm(request);
  if (isFromElsewhere(request)) {
    throw new RequestError(403, 'input/fleet-request', 'the login comes from another site');
  }
  if (checkToken(asked, context, (form.get('token') ?? '').trim())) {
    lead(response, '/', { 'Set-Cookie': context.sessions.open() });
  } else {
    answerPage(response, 403, renderLogin(context, 'This is not the operator token.'));
  }
}

/** A form's button carries the action as JSON; what a person typed beside it comes in fields of its own. */
async function act(asked: WebRequest, context: WebContext, csrf: string): Promise<void> {
  const { response, session } = asked;
  const form = await readForm(asked.request);
  admit(asked, context, form.get('csrf') ?? '');
  const value = parseJson(form.get('action') ?? '');
  const action = checkAction(completeAction(value, form));
  if (questionOf(action) !== undefined && form.get('confirmed') !== 'yes') {
    answerPage(response, 200, renderQuestion(context, action, csrf));
    return;
  }
  const { message } = await context.desk.act(action);
  if (session !== undefined) context.notices.keep(session.id, message);
  lead(response, '/');
}

function completeAction(value: unknown, form: URLSearchParams): unknown {
  if (typeof value !== 'object' || value === null || !('do' in value)) return value;
  if (value.do === 'pause') {
    const reason = form.get('reason')?.trim() ?? '';
    return reason === '' ? value : { ...value, reason };
  }
  if (value.do === 'name' && 'machine' in value && 'host' in value && value.host === '{host}') {
    return { ...value, host: form.get(`host/${String(value.machine)}`)?.trim() ?? '' };
  }
  return value;
}
