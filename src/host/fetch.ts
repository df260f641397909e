// Texts and bytes over HTTP and HTTPS, with a certificate that may be pinned. Nothing is sent before the pin has been compared.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KronosError } from '../common/error.ts';
import { openSocket } from '../common/pinned-socket.ts';
import { decodeText } from './decode.ts';

export interface FetchOptions {
  /** SHA-256 of the certificate in small hexadecimal digits; then nothing else about it is looked at. */
  fingerprint?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Seconds for the whole request (default 30). */
  timeoutSeconds?: number;
  /** Bytes of the answer that are taken (default 1 MiB). */
  limit?: number;
  /** Sent by POST, as JSON; any answer from 200 to 299 is then an acknowledgement, and its text is not read. */
  post?: PostedText | undefined;
}

/** What is sent by POST, and the token that says who sends it. */
export interface PostedText {
  /** JSON. */
  text: string;
  token?: string | undefined;
}

/**
 * Gets a text. Redirections are refused, because a pinned certificate would say nothing about where they lead.
 * Errors: `io/fetch-failed`, `verification/fingerprint`, `input/fingerprint-over-http`, `input/encoding`. Messages name
 * the URL without user, password and query.
 */
export async function fetchText(url: string, options: FetchOptions = {}): Promise<string> {
  return decodeText(await fetchContent(url, options), shownUrl(url));
}

/**
 * Sends a question by POST and gives the text of the answer.
 * Errors: those of fetchText; where a server refused it, refusalOf says with which status, and the cause says why, where
 * the server did (`{"error": "..."}`).
 */
export async function askText(
  url: string,
  question: PostedText,
  options: Omit<FetchOptions, 'post'> = {},
): Promise<string> {
  const answer = await exchange(url, { ...options, post: question }, true);
  return decodeText(answer, shownUrl(url));
}

/** The status with which a server refused a request; undefined where it is not known what became of it. */
export function refusalOf(error: unknown): number | undefined {
  const cause = error instanceof KronosError ? error.cause : undefined;
  return cause instanceof RefusedError ? cause.status : undefined;
}

/** A URL as messages have it: without login and query. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** Gets bytes. Errors: those of fetchText but `input/encoding`. */
export async function fetchContent(url: string, options: FetchOptions = {}): Promise<Uint8Array> {
  // What an acknowledgement says besides cannot take it back.
  return exchange(url, options, options.post === undefined);
}

class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, more: string) {
    super(`the server answered ${status}${more}`);
    this.status = status;
  }
}

async function exchange(url: string, options: FetchOptions, reads: boolean): Promise<Uint8Array> {
  const target = new URL(url);
  const shown = shownUrl(url);
  if (options.fingerprint !== undefined && target.protocol !== 'https:') {
    throw new KronosError('input/fingerprint-over-http', `${shown} has no certificate to pin`, {
      hint: 'use an https URL, or remove the fingerprint',
    });
  }
  const timeout = AbortSignal.timeout((options.timeoutSeconds ?? 30) * 1000);
  const signals = [timeout, ...(options.signal === undefined ? [] : [options.signal])];
  try {
    const signal = AbortSignal.any(signals);
    const socket = await openTarget(target, options.fingerprint, signal);
    try {
      return await converse(target, socket, signal, { ...options, reads });
    } finally {
      socket.destroy();
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof KronosError) throw error;
    const cause = timeout.aborted
      ? new Error(`no whole answer within ${options.timeoutSeconds ?? 30} s`)
      : error;
    throw new KronosError('io/fetch-failed', `fetching ${shown} failed`, {
      cause,
      hint: 'look whether the server answers, and at the address',
    });
  }
}

/** A connection whose other end is known to be the right one. */
function openTarget(
  target: URL,
  fingerprint: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
  return openSocket({ host, port, secure, fingerprint }, signal);
}

async function converse(
  target: URL,
  socket: Socket,
  signal: AbortSignal,
  options: FetchOptions & { reads: boolean },
): Promise<Uint8Array> {
  const { post, reads, limit = 1024 * 1024 } = options;
  // Loaded here: a start that fetches nothing does not wait for it.
  const { request } = await import('node:http');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const auth =
      target.username === ''
        ? {}
        : { auth: `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}` };
    request({
      createConnection: () => socket,
      path: `${target.pathname}${target.search}`,
      method: post === undefined ? 'GET' : 'POST',
      headers: {
        ...{ host: target.host, accept: '*/*', connection: 'close' },
        ...(post === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(post.text) }),
        ...(post?.token === undefined ? {} : { authorization: `Bearer ${post.token}` }),
      },
      signal,
      ...auth,
    })
      .on('response', resolve)
      .on('error', reject)
      .end(post?.text);
  });
  const { statusCode = 0 } = response;
  if (post === undefined ? statusCode !== 200 : statusCode < 200 || statusCode > 299) {
    const why = post !== undefined && reads ? await readReason(response) : '';
    response.resume();
    const where = response.headers.location === undefined ? '' : ' (redirections are not followed)';
    throw new RefusedError(statusCode, `${where}${why}`);
  }
  if (!reads) return new Uint8Array();
  return readWhole(response, limit);
}

/** Characters of a reason that are repeated, and bytes in which it has to be. */
const REASON = 300;
const REASON_LIMIT = 4096;

async function readReason(response: IncomingMessage): Promise<string> {
  try {
    const { error } = JSON.parse(String(await readWhole(response, REASON_LIMIT))) as {
      error?: unknown;
    };
    return typeof error === 'string'
      ? `: ${error.replaceAll(/\p{C}+/gu, ' ').slice(0, REASON)}`
      : '';
  } catch {
    return '';
  }
}

async function readWhole(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new Error(`the answer has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
