// A web server that holds out on a network where anybody may connect: slow ones are cut off, many connections of one
// address are refused, and a request that goes wrong ends alone.
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Socket } from 'node:net';
import { openPort, type PortRequest } from '../../common/open-port.ts';
import type { Limits } from './limits.ts';
import type { Note } from './note.ts';

export interface WebServer {
  port: number;
  close: () => Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Bytes of the head of a request. */
const HEAD_SIZE = 8 * 1024;

/** Headers of a request. */
const MOST_HEADERS = 64;

/**
 * Listens. Without a certificate it speaks plain HTTP. A handler that throws is answered with 500 and noted.
 * Errors: `host/port-unavailable`.
 */
export async function openWebServer(
  request: PortRequest,
  handler: Handler,
  options: {
    limits: Limits;
    note: Note;
    certificate?: { cert: string; key: string } | undefined;
  },
): Promise<WebServer> {
  const { limits, note, certificate } = options;
  const settings = {
    maxHeaderSize: HEAD_SIZE,
    headersTimeout: limits.headSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: Math.min(5, limits.headSeconds / 2) * 1000,
    // GRUB knows nothing of it, and what is sent is large.
    noDelay: true,
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handler(incoming, response).catch((error: unknown) => {
      note('error', `${addressOf(incoming.socket)} ${incoming.method ?? ''}: ${describe(error)}`);
      if (!response.headersSent) response.writeHead(500, { 'Content-Length': 0 });
      response.end();
    });
  };
  const server =
    certificate === undefined
      ? createHttp(settings, listener)
      : createHttps(
          {
            ...settings,
            ...certificate,
            minVersion: 'TLSv1.2',
            handshakeTimeout: limits.headSeconds * 1000,
          },
          listener,
        );
  server.maxHeadersCount = MOST_HEADERS;
  server.maxConnections = limits.connections;
  server.on('drop', () => {
    note('crowd', `more than ${limits.connections} connections; the next ones are refused`);
  });
  server.setTimeout(limits.idleSeconds * 1000);
  limitConnections(server, limits, note);
  // Node knows only those that sent something.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseBadRequest(error, socket, note);
  });
  const port = await openPort(server, request);
  return {
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Who is connected, without what marks an IPv4 address in an IPv6 socket. */
export function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? 'somebody').replace(/^::ffff:/, '');
}

function limitConnections(
  server: { on: (event: 'connection', listener: (socket: Socket) => void) => unknown },
  limits: Limits,
  note: Note,
): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = addressOf(socket);
    if (limits.proxies.includes(address)) return;
    const count = (counts.get(address) ?? 0) + 1;
    if (count > limits.perAddress) {
      socket.destroy();
      note('crowd', `${address} has ${limits.perAddress} connections; more are refused`);
      return;
    }
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    });
  });
}

/** What is no HTTP, too long or too slow: answered in a word where that is still possible. */
function refuseBadRequest(error: NodeJS.ErrnoException, socket: Socket, note: Note): void {
  const { code = '' } = error;
  if (!/^(?:HPE|ERR_HTTP)_/.test(code)) {
    // Without a handshake there is nobody to answer.
    if (code !== 'ECONNRESET' && code !== 'EPIPE') {
      note('refused', `${addressOf(socket)}: no connection came about: ${code}`);
    }
    socket.destroy();
    return;
  }
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  note('refused', `${addressOf(socket)}: ${status}`);
  if (!socket.writable) socket.destroy();
  else socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
