// A real HTTPS server with a certificate of its own, and the operator's side on it.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
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
  return {
    ...{ port, fingerprint, url: `https://127.0.0.1:${port}` },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
