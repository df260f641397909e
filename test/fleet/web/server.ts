// A real HTTPS server with a certificate of its own, and the operator's side on it.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { run } from '../../../src/common/process.ts';
import { createWeb, type WebOptions } from '../../../src/fleet/web/web.ts';

export const TOKEN = 'an-operator-token-of-the-tests';

export interface WebServer {
  url: string;
  port: number;
  /** SHA-256 of the certificate. */
  fingerprint: string;
  /** Cuts all connections and stops. */
  close: () => Promise<void>;
}

/** Serves on the loopback address until `close`; files go to `directory`. */
export async function serveWeb(
  directory: string,
  options: Omit<WebOptions, 'operatorToken'> & { port?: number },
): Promise<WebServer> {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  await run([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
    ...['-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  const cert = await readFile(certificate);
  const web = createWeb({ ...options, operatorToken: TOKEN });
  const server = createServer({ cert, key: await readFile(key) }, (request, response) => {
    void web(request, response).then((mine) => {
      if (!mine) response.writeHead(404).end();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  let open = true;
  return {
    ...{ port, fingerprint, url: `https://127.0.0.1:${port}` },
    close: async () => {
      if (!open) return;
      open = false;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Question {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request; the certificate is not looked at, as in a browser that was told to go on. */
export async function ask(
  server: WebServer,
  path: string,
  question: Question = {},
): Promise<Answer> {
  const response = await send(server, path, question);
  const chunks = await response.toArray();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks as Buffer[]).toString(),
  };
}

/** The same without reading the answer. */
export async function send(
  { url }: WebServer,
  path: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request(`${url}${path}`, { method, headers, rejectUnauthorized: false, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}

export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** Logs in as the page's form does; what a browser sends then, and the CSRF token of its pages. */
export async function logIn(server: WebServer): Promise<{ cookie: string; csrf: string }> {
  const { headers } = await postForm(server, '/login', { token: TOKEN }, {});
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  const page = await ask(server, '/', { headers: { cookie } });
  return { cookie, csrf: /data-csrf="([^"]+)"/.exec(page.text)?.[1] ?? '' };
}

export function postForm(
  server: WebServer,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string>,
): Promise<Answer> {
  return ask(server, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(fields).toString(),
  });
}
