// Answers of the operator API and of the page, with the headers that all of them have.
import type { ServerResponse } from 'node:http';
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Asset } from './assets.ts';

/** Nothing from anywhere else, nothing inline, in no frame; addresses of the page are told to nobody. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-store',
};

export type Headers = Readonly<Record<string, string | number>>;

/** Sends a whole answer; for HEAD without its body. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Headers,
  body: string | Buffer = '',
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function answerJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  const type = { 'Content-Type': 'application/json; charset=utf-8' };
  answer(response, status, { ...type, ...headers }, `${JSON.stringify(value)}\n`);
}

export function answerPage(
  response: ServerResponse,
  status: number,
  html: string,
  headers: Headers = {},
): void {
  answer(response, status, { 'Content-Type': 'text/html; charset=utf-8', ...headers }, html);
}

/** Leads to another page, by GET. */
export function lead(response: ServerResponse, path: string, headers: Headers = {}): void {
  answer(response, 303, { Location: path, ...headers });
}

/** What a digest names never changes. */
export function answerAsset(response: ServerResponse, { content, type }: Asset): void {
  const kept = { 'Cache-Control': 'public, max-age=31536000, immutable' };
  answer(response, 200, { 'Content-Type': type, ...kept }, content);
}

/** Begins a stream of server-sent events. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': 'text/event-stream; charset=utf-8',
    // Proxies would gather it otherwise.
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
}

/** The status that fits an error, and the error as JSON. A defect says nothing of itself outside. */
export function refusalOf(error: unknown): { status: number; body: { error: unknown } } {
  if (error instanceof KronosError) {
    return { status: statusOf(error), body: { error: describeError(error) } };
  }
  const message = 'the server failed; its log says how';
  return { status: 500, body: { error: { code: 'internal/defect', message } } };
}

function statusOf(error: KronosError): number {
  if (error instanceof RequestError) return error.status;
  if (error.code === 'input/no-such-host') return 404;
  return error.class === 'input' ? 409 : 503;
}

/** Several mistakes are told in one, for who looks at the first only, and each. */
function describeError(error: KronosError): Record<string, unknown> {
  const { code, message, hint } = error;
  const said = { code, message, ...(hint === undefined ? {} : { hint }) };
  if (!(error instanceof KronosErrors)) return said;
  const first = error.errors[0]?.hint;
  return {
    ...{ code, message: error.message.replaceAll('\n', '; ') },
    ...(first === undefined ? {} : { hint: first }),
    errors: error.errors.map(describeError),
  };
}

/** A request that is refused for what it is. */
export class RequestError extends KronosError {
  readonly status: number;
  /** Seconds to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: `input/${string}`,
    message: string,
    options: { hint?: string; retryAfter?: number } = {},
  ) {
    super(code, message, { hint: options.hint });
    this.status = status;
    this.retryAfter = options.retryAfter;
  }
}
