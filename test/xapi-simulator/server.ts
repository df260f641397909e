// A simulated server on a socket, over HTTP and over HTTPS.
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { hear } from './protocol.ts';
import type { Heard } from './protocol.ts';
import type { Outcome } from './lab.ts';
import type { Via } from './xapi.ts';

/** Whoever answers calls: a host with all that happens to it. */
export interface Answering {
  answer: (heard: Heard, via: Via) => Promise<Outcome>;
}

const BROKEN =
  '<html><body><h1>HTTP 500 internal server error</h1>An unexpected error occurred; please wait a while and try again. If the problem persists, please contact your support representative.</body></html>';

/** Answers of the web server that is around the API. */
const HEADERS = { 'cache-control': 'no-cache, no-store', 'access-control-allow-origin': '*' };

export interface Listening {
  /** Path of the socket, or the port. */
  at: string | number;
  close: () => Promise<void>;
}

/** Serves until it is closed; `at` is the path of a socket or a port on loopback (0: any). */
export async function listen(
  host: Answering,
  via: Via,
  at: string | number,
  certificate?: { key: string; cert: string },
  address = '127.0.0.1',
): Promise<Listening> {
  const listener = answering(host, via);
  const server = via === 'https' ? createHttps({ ...certificate }, listener) : createHttp(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (typeof at === 'string') server.listen(at, resolve);
    else server.listen(at, address, resolve);
  });
  const bound = (server as Server).address();
  return {
    at: typeof bound === 'string' ? bound : (bound as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answering(host: Answering, via: Via): RequestListener {
  return (request, response) => {
    const say = (status: number, type: string, body: string): void => {
      response.writeHead(status, { ...HEADERS, 'content-type': type });
      response.end(body);
    };
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'OPTIONS') {
        say(200, 'text/plain', '');
        return;
      }
      if (request.method !== 'POST') {
        say(via === 'http' ? 403 : 404, 'text/html', '<html></html>');
        return;
      }
      const heard = hear(request.url ?? '', Buffer.concat(chunks).toString());
      if (heard === undefined) {
        say(500, 'text/html', BROKEN);
        return;
      }
      void host.answer(heard, via).then((outcome) => {
        if (outcome === 'refused') request.socket.destroy();
        else say(200, outcome.type, outcome.body);
      });
    });
  };
}
