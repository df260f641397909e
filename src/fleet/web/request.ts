// What a request carries: bodies of bounded size, tokens, and where it comes from.
import type { IncomingMessage } from 'node:http';
import { readBounded } from '../request-body.ts';
import { RequestError } from './answer.ts';

/** Bytes of a body: a retry may name every host of a big fleet. */
const BODY_LIMIT = 1024 * 1024;

/** Milliseconds in which a body must be there. */
const BODY_TIME = 15_000;

/** The whole body as text. Errors: `input/fleet-request`. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const late = setTimeout(() => request.destroy(), BODY_TIME);
  try {
    const body = await readBounded(request, BODY_LIMIT);
    if (body === 'too-long') {
      throw new RequestError(413, 'input/fleet-request', 'the request is too big');
    }
    if (body === 'broken') {
      throw new RequestError(400, 'input/fleet-request', 'the connection broke');
    }
    return body.toString('utf8');
  } finally {
    clearTimeout(late);
  }
}

/** Fields of a form. Errors: `input/fleet-request`. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw new RequestError(415, 'input/fleet-request', 'this is no form');
  }
  return new URLSearchParams(await readBody(request));
}

/** A JSON value. Errors: `input/fleet-request`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (mediaType(request) !== 'application/json') {
    throw new RequestError(415, 'input/fleet-request', 'the request is no JSON', {
      hint: 'send it with Content-Type: application/json',
    });
  }
  return parseJson(await readBody(request));
}

/** Errors: `input/fleet-request`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RequestError(400, 'input/fleet-request', 'the request is no JSON');
  }
}

function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The token of `Authorization: Bearer TOKEN`. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * Whether a browser says that another site made it send this. Where it says nothing the CSRF token decides alone: our
 * own forms have the origin `null`, because pages with `no-referrer` keep it to themselves.
 */
export function isFromElsewhere(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  if (origin === undefined || origin === 'null') return false;
  return origin !== `https://${host ?? ''}`;
}
