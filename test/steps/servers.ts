// Servers on loopback that do to a client what servers do.
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../src/common/process.ts';
import type { ReportMessage } from '../../src/steps/reporter.ts';
import { temporaryDirectory } from '../temporary.ts';

export interface Certificate {
  key: string;
  cert: string;
  /** Small hexadecimal digits. */
  fingerprint: string;
}

/** A self-signed certificate for a name that is not the server's; with `address` clients that look at it accept it there. */
export async function makeCertificate(
  t: ExecutionContext,
  { address }: { address?: string } = {},
): Promise<Certificate> {
  const directory = await temporaryDirectory(t);
  const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
  await run([
    ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', key, '-out', cert],
    ...(address === undefined ? [] : ['-addext', `subjectAltName=IP:${address}`]),
  ]);
  const text = await readFile(cert, 'utf8');
  const { fingerprint256 } = new X509Certificate(text);
  const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
  return { key: await readFile(key, 'utf8'), cert: text, fingerprint };
}

/** An address of loopback for one file of tests: nobody else there gets a port that one of its servers leaves. */
const LOOPBACK = `127.${[...randomBytes(3)].map((byte) => 1 + (byte % 254)).join('.')}`;

/** A server that stops with the test; `port` 0 is any. */
export async function serve(
  t: ExecutionContext,
  answer: RequestListener,
  options: { certificate?: Certificate; port?: number } = {},
): Promise<{ url: string; port: number; close: () => Promise<void> }> {
  const { certificate } = options;
  const server = certificate === undefined ? createPlain(answer) : createTls(certificate, answer);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, LOOPBACK, resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(close);
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${LOOPBACK}:${port}`,
    port,
    close,
  };
}

/** What a client said. */
export interface Received {
  authorization: string | undefined;
  message: ReportMessage;
  text: string;
}

/** Answers that are kept; `reply` decides what is said to each, in the order of arrival. */
export function keepMessages(
  reply: (response: ServerResponse, index: number, request: IncomingMessage) => void,
): { received: Received[]; answer: RequestListener } {
  const received: Received[] = [];
  return {
    received,
    answer: (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { authorization } = request.headers;
        received.push({ authorization, text, message: JSON.parse(text) as ReportMessage });
        reply(response, received.length - 1, request);
      });
    },
  };
}
