// A small HTTP server for network boots in the lab and for a try of a repository: files of one directory, with ranges.
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemCode, type KronosErrorOptions } from './error.ts';
import { answerFile } from './file-answer.ts';
import { openPort } from './open-port.ts';

export interface ServeOptions {
  /** 0 chooses a free one. */
  port: number;
  /** The address of this machine that is listened on; default is the loopback address. */
  address?: string;
  onRequest?: (request: Request) => void;
  /** What is served, for messages; default `the files`. */
  what?: string;
  /** Where the user named the port, and what helps where it cannot be had. */
  refusal?: Pick<KronosErrorOptions, 'location' | 'hint'>;
}

export interface FileServer {
  port: number;
  /** Resolves when every connection is closed. */
  close: () => Promise<void>;
}

export interface Request {
  method: string;
  path: string;
  status: number;
  /** Bytes of the body that were announced. */
  bytes: number;
}

/**
 * Serves the files below `directory`. Whatever is replaced by renaming while it is served goes out whole, old or new.
 * Errors: `host/port-unavailable`, those of node:fs for the directory.
 */
export async function serveDirectory(
  directory: string,
  options: ServeOptions,
): Promise<FileServer> {
  const { port, address = '127.0.0.1', onRequest = () => undefined } = options;
  const root = await realpath(directory);
  const server = createServer((request, response) => {
    void answer(root, request, response, onRequest);
  });
  const what = options.what ?? 'the files';
  return {
    port: await openPort(server, { port, address, what, refusal: options.refusal }),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  onRequest: (request: Request) => void,
): Promise<void> {
  const path = (request.url ?? '/').replace(/[?#].*$/, '');
  const method = request.method ?? 'GET';
  const reply = (status: number, headers: Readonly<Record<string, string | number>>): void => {
    onRequest({ method, path, status, bytes: Number(headers['Content-Length'] ?? 0) });
    response.writeHead(status, headers);
  };
  const refuse = (status: number, headers: Record<string, string> = {}): void => {
    reply(status, { ...headers, 'Content-Length': 0 });
    response.end();
  };
  if (method !== 'GET' && method !== 'HEAD') {
    refuse(405, { Allow: 'GET, HEAD' });
    return;
  }
  const found = await findFile(root, path);
  if (typeof found === 'number') {
    refuse(found);
    return;
  }
  try {
    await sendFile(found, request, response, reply);
  } catch {
    // The guest went away in the middle, which firmware does as it likes.
    response.destroy();
  } finally {
    await found.handle.close();
  }
}

interface Found {
  handle: FileHandle;
  path: string;
  size: number;
  modified: Date;
}

/** Sends what the request asks of a file. */
async function sendFile(
  found: Found,
  request: IncomingMessage,
  response: ServerResponse,
  reply: (status: number, headers: Readonly<Record<string, string | number>>) => void,
): Promise<void> {
  const { path, size, modified } = found;
  const etag = `"${size.toString(16)}-${modified.getTime().toString(16)}"`;
  const answer = answerFile(request.method ?? 'GET', request.headers, {
    ...{ name: path, size, etag, modified },
  });
  reply(answer.status, answer.headers);
  if (answer.body === undefined) {
    response.end();
    return;
  }
  const stream = found.handle.createReadStream({
    ...{ ...answer.body, highWaterMark: 256 * 1024, autoClose: false },
  });
  await pipeline(stream, response);
}

/** The file behind a request path, opened, or the status that refuses it. */
async function findFile(root: string, path: string): Promise<Found | number> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return 400;
  }
  if (decoded.includes('\0')) return 400;
  // GRUB asks for doubled slashes.
  const wanted = resolve(root, `.${sep}${decoded}`);
  if (!wanted.startsWith(root + sep)) return 403;
  try {
    const file = await realpath(wanted);
    if (!file.startsWith(root + sep)) return 403;
    // Opening something else than a file may wait for ever.
    if (!(await stat(file)).isFile()) return 404;
    const handle = await open(file, 'r');
    const { size, mtime } = await handle.stat();
    return { handle, path: file, size, modified: mtime };
  } catch (error) {
    return systemCode(error) === 'EACCES' ? 403 : 404;
  }
}
