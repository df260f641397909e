// How simulated machines ask the server: like real ones, with a connection for each question.
import { request, type IncomingMessage } from 'node:http';
import { openSocket } from '../../common/pinned-socket.ts';
import type { Clock } from './clock.ts';

export interface Question {
  url: string;
  /** SHA-256 of the certificate that the server must show. */
  fingerprint?: string | undefined;
  token?: string | undefined;
  /** Sent by POST, as JSON. */
  body?: string | undefined;
  /** Only the first bytes of a file. */
  bytes?: number | undefined;
}

export interface Answer {
  status: number;
  text: string;
}

export interface ClientFigures {
  requests: number;
  /** Questions without an answer. */
  unanswered: number;
  /** Answers by their status. */
  statuses: Readonly<Record<string, number>>;
  /** Bytes of all answers. */
  bytes: number;
  /** Milliseconds from the question to the end of the answer, of every one of them. */
  milliseconds: readonly number[];
}

export interface Client {
  /** Errors: those of the network; none for an answer that refuses. */
  ask: (question: Question) => Promise<Answer>;
  figures: () => ClientFigures;
}

/** Milliseconds for an answer. */
const PATIENCE = 30_000;

/** Bytes of an answer that are kept. */
const KEPT = 1024 * 1024;

/** A client of all machines; while it asks, the clock stands still. */
export function createClient(clock: Pick<Clock, 'hold'>): Client {
  const milliseconds: number[] = [];
  const statuses: Record<string, number> = {};
  const figures = { requests: 0, unanswered: 0, bytes: 0 };
  const ask = async (question: Question): Promise<Answer> => {
    const began = performance.now();
    figures.requests += 1;
    try {
      const answer = await askOnce(question, (bytes) => (figures.bytes += bytes));
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      milliseconds.push(performance.now() - began);
      return answer;
    } catch (error) {
      figures.unanswered += 1;
      throw error;
    }
  };
  return {
    ask: (question) => clock.hold(() => ask(question)),
    figures: () => ({ ...figures, statuses, milliseconds }),
  };
}

async function askOnce(question: Question, count: (bytes: number) => void): Promise<Answer> {
  const { fingerprint, token, body, bytes } = question;
  const { protocol, hostname, port, host, pathname, search } = new URL(question.url);
  const signal = AbortSignal.timeout(PATIENCE);
  const secure = protocol === 'https:';
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port),
    secure,
    fingerprint,
  };
  const socket = await openSocket(target, signal);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({
        ...{ createConnection: () => socket, path: `${pathname}${search}`, signal },
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...{ host, connection: 'close' },
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { range: `bytes=0-${bytes - 1}` }),
        },
      })
        .on('response', resolve)
        .on('error', reject)
        .end(body);
    });
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      count(chunk.length);
      if (length <= KEPT && bytes === undefined) chunks.push(chunk);
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  } finally {
    socket.destroy();
  }
}
