// How simulated machines ask the server. Real ones open a connection for each question; for a rehearsal it is quicker to
// hand open ones on, and nothing of what comes out depends on it: time stands still meanwhile.
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
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
  /** Connections that were opened. */
  connections: number;
  /** Milliseconds from the question to the end of the answer, of every one of them. */
  milliseconds: readonly number[];
}

export interface Client {
  /** Errors: those of the network; none for an answer that refuses. */
  ask: (question: Question) => Promise<Answer>;
  figures: () => ClientFigures;
  close: () => void;
}

/** Milliseconds for an answer. */
const PATIENCE = 30_000;

/** Bytes of an answer that are kept. */
const KEPT = 1024 * 1024;

/** A client of all machines; while it asks, the clock stands still. `fresh`: every question has its own connection. */
export function createClient(clock: Pick<Clock, 'hold'>, { fresh = false } = {}): Client {
  const milliseconds: number[] = [];
  const statuses: Record<string, number> = {};
  const figures = { requests: 0, unanswered: 0, bytes: 0, connections: 0 };
  const idle = new Map<string, Socket[]>();

  const connect = async (target: Target, list: Socket[], signal: AbortSignal): Promise<Socket> => {
    figures.connections += 1;
    const socket = await openSocket(target, signal);
    socket.once('close', () => {
      const index = list.indexOf(socket);
      if (index !== -1) list.splice(index, 1);
    });
    return socket;
  };
  const askOnce = async (question: Question): Promise<Answer> => {
    const target = targetOf(question);
    const key = `${target.host} ${target.port} ${target.fingerprint ?? ''}`;
    const signal = AbortSignal.timeout(PATIENCE);
    const list = idle.get(key) ?? [];
    idle.set(key, list);
    const used = list.pop();
    const keep = (socket: Socket): void => void list.push(socket);
    const count = (bytes: number): void => void (figures.bytes += bytes);
    if (used !== undefined) {
      try {
        return await converse(question, used, { signal, count, keep });
      } catch (error) {
        // The server closes what is idle; whether that was it shows on a connection of our own.
        if (signal.aborted) throw error;
      }
    }
    const socket = await connect(target, list, signal);
    return converse(question, socket, { signal, count, keep: fresh ? undefined : keep });
  };
  const ask = async (question: Question): Promise<Answer> => {
    const began = performance.now();
    figures.requests += 1;
    try {
      const answer = await askOnce(question);
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
    close: () => {
      for (const sockets of idle.values()) for (const socket of [...sockets]) socket.destroy();
    },
  };
}

type Target = Parameters<typeof openSocket>[0];

function targetOf({ url, fingerprint }: Question): Target {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port), secure: protocol === 'https:', fingerprint };
}

interface Conversation {
  signal: AbortSignal;
  count: (bytes: number) => void;
  /** Takes the connection for the next question; left out: there is none. */
  keep: ((socket: Socket) => void) | undefined;
}

async function converse(
  question: Question,
  socket: Socket,
  { signal, count, keep }: Conversation,
): Promise<Answer> {
  const { token, body, bytes } = question;
  const { host, pathname, search } = new URL(question.url);
  let kept = false;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({
        ...{ createConnection: () => socket, path: `${pathname}${search}`, signal },
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          ...{ host, connection: keep === undefined ? 'close' : 'keep-alive' },
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
    const freed = new Promise<void>((resolve) => socket.once('free', resolve));
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      count(chunk.length);
      if (length <= KEPT && bytes === undefined) chunks.push(chunk);
    }
    if (keep !== undefined && response.headers.connection !== 'close') {
      kept = true;
      void freed.then(() => keep(socket));
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  } finally {
    if (!kept) socket.destroy();
  }
}
