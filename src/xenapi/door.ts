// The ways to a XenAPI server: the socket of the own host, or HTTPS with a pinned certificate.
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { KronosError } from '../common/error.ts';
import { openSocket } from '../common/pinned-socket.ts';

/** Where xapi listens for root of its own host. */
export const SOCKET = '/var/lib/xcp/xapi';

/** A server could not be asked, or gave no answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  /** True where the request may have arrived: what it asked for may have been done. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}

export interface Door {
  /** For messages, for example `https://10.0.0.1`. */
  readonly name: string;
  /**
   * Sends the body of a request and returns that of the answer. Each request has a connection of its own: a server that
   * restarts leaves kept ones half open. Errors: NoAnswerError, `verification/fingerprint`.
   */
  post: (body: string, options: { timeoutSeconds: number; signal: AbortSignal }) => Promise<string>;
}

/** The own host. No password is needed there, and no change of the network closes it. */
export function socketDoor(path = SOCKET): Door {
  return makeDoor('the own host', 'localhost', () => openPath(path));
}

/**
 * A host whose certificate is known. Nothing is sent before it has been compared.
 * `fingerprint`: SHA-256 in small hexadecimal digits.
 */
export function pinnedDoor(address: string, fingerprint: string, port = 443): Door {
  const shown = address.includes(':') ? `[${address}]` : address;
  const name = `https://${shown}${port === 443 ? '' : `:${port}`}`;
  return makeDoor(name, shown, (signal) =>
    openSocket({ host: address, port, secure: true, fingerprint }, signal),
  );
}

function makeDoor(
  name: string,
  host: string,
  open: (signal: AbortSignal) => Promise<Socket>,
): Door {
  const post: Door['post'] = async (body, { timeoutSeconds, signal }) => {
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
    const either = AbortSignal.any([timeout, signal]);
    let sent = false;
    try {
      const socket = await open(either);
      try {
        sent = true;
        return await exchange(socket, host, body, either);
      } finally {
        socket.destroy();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof KronosError || error instanceof NoAnswerError) throw error;
      const why = timeout.aborted
        ? `no answer within ${timeoutSeconds} s`
        : error instanceof Error
          ? error.message
          : String(error);
      throw new NoAnswerError(`${name}: ${why}`, sent, error);
    }
  };
  return { name, post };
}

async function openPath(path: string): Promise<Socket> {
  const socket = connect({ path });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', reject);
  });
  return socket;
}

async function exchange(
  socket: Socket,
  host: string,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = {
      host,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    request({ createConnection: () => socket, path: '/jsonrpc', method: 'POST', headers, signal })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  if (response.statusCode !== 200)
    throw new NoAnswerError(`the server answered with status ${response.statusCode ?? 0}`, true);
  return Buffer.concat(chunks).toString();
}
