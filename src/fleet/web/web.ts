// The operator's side of the fleet server: the API for programs and the page for people.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownDirectory } from '../../common/program-root.ts';
import type { Desk } from '../desk.ts';
import { serveApi } from './api.ts';
import { answerAsset, answerJson, answerPage, refusalOf, RequestError } from './answer.ts';
import { loadAssets } from './assets.ts';
import { createFeed, type Feed } from './feed.ts';
import { createHub, type Hub } from './hub.ts';
import { createLimit, type Limit } from './limit.ts';
import { createNotices, type Notices } from './notices.ts';
import { renderRefusal, type PageContext } from './pages.ts';
import { createSessions, type Sessions, type WebSession } from './session.ts';
import { servePages } from './site.ts';
import { loadTemplates } from './templates.ts';

export interface WebOptions {
  desk: Desk;
  /** What an operator proves to be one with. */
  operatorToken: string;
  /** Tells of what the log should have: wrong tokens, defects. Never a secret. */
  note?: ((text: string) => void) | undefined;
  /** Milliseconds (default Date.now). */
  now?: (() => number) | undefined;
}

/** What the API and the pages have in common. */
export interface WebContext extends PageContext {
  desk: Desk;
  feed: Feed;
  hub: Hub;
  sessions: Sessions;
  limit: Limit;
  notices: Notices;
  note: (text: string) => void;
}

/** A request, looked at as far as both need it. */
export interface WebRequest {
  request: IncomingMessage;
  response: ServerResponse;
  /** GET for HEAD. */
  method: string;
  /** Not decoded. */
  path: string;
  query: URLSearchParams;
  /** Of the cookie. */
  session: WebSession | undefined;
}

/** Answers a request; false: it is none of the operator's. Never rejects. */
export type Web = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** The operator's side, to be mounted on an HTTPS server. */
export function createWeb({ desk, operatorToken, note, now = Date.now }: WebOptions): Web {
  const directory = ownDirectory('web');
  const render = loadTemplates(directory);
  const feed = createFeed(desk, render);
  const context: WebContext = {
    ...{ desk, feed, render },
    assets: loadAssets(directory),
    hub: createHub(desk, feed),
    sessions: createSessions(operatorToken, now),
    limit: createLimit(now),
    notices: createNotices(),
    note: note ?? (() => undefined),
  };
  return async (request, response) => {
    const asked = readRequest(request, response, context);
    if (asked === undefined) return false;
    const { path } = asked;
    try {
      const asset = context.assets.find(path);
      if (asset !== undefined && asked.method === 'GET') {
        answerAsset(response, asset);
        return true;
      }
      return path.startsWith('/v1/')
        ? await serveApi(asked, context)
        : await servePages(asked, context);
    } catch (error) {
      refuse(asked, context, error);
      return true;
    }
  };
}

function readRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { sessions }: WebContext,
): WebRequest | undefined {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  if (!path.startsWith('/')) return undefined;
  return {
    ...{ request, response, path },
    method: request.method === 'HEAD' ? 'GET' : (request.method ?? ''),
    query: new URLSearchParams(query),
    session: sessions.find(request.headers.cookie),
  };
}

function refuse(
  { request, response, path }: WebRequest,
  context: WebContext,
  error: unknown,
): void {
  const { status, body } = refusalOf(error);
  if (status === 500) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.note(`answering ${request.method ?? ''} ${path} failed: ${text}`);
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = error instanceof RequestError ? error.retryAfter : undefined;
  const headers = {
    ...(retryAfter === undefined ? {} : { 'Retry-After': retryAfter }),
    // What was not read of the body would be taken for the next request.
    ...(request.complete ? {} : { Connection: 'close' }),
  };
  if (path.startsWith('/v1/')) {
    answerJson(response, status, body, headers);
    return;
  }
  const said = body.error as { message?: string; hint?: string };
  const html = renderRefusal(context, {
    title: 'This was not done',
    message: said.message ?? '',
    hint: said.hint,
  });
  answerPage(response, status, html, headers);
}
