// A small HTTP server on the loopback address for network boots in the lab: files of one directory, with ranges.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KronosError, systemCode } from '../common/error.ts';

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

/** One part of a file, both ends included; `undefined`: the whole; `invalid`: nothing of it can be served. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'invalid' | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  // A form we do not know, or several parts: RFC 9110 lets us send the whole.
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    if (length === 0 || size === 0) return 'invalid';
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (last !== '' && Number(last) < start)) return 'invalid';
  return { start, end };
}

/**
 * Serves the files below `directory` on 127.0.0.1; port 0 chooses a free one.
 * Errors: `host/port-unavailable`, those of node:fs for the directory.
 */
export async function serveDirectory(
  directory: string,
  port: number,
  onRequest: (request: Request) => void = () => undefined,
): Promise<FileServer> {
  const root = await realpath(directory);
  const server = createServer((request, response) => {
    void answer(root, request, response, onRequest);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', (error) => {
      const code = systemCode(error);
      const why =
        code === 'EACCES'
          ? 'only root may use it'
          : code === 'EADDRINUSE'
            ? 'it is in use'
            : error.message;
      fail(
        new KronosError(
          'host/port-unavailable',
          `cannot serve the network boot on port ${port}: ${why}`,
          {
            location: { file: '--http-port' },
            hint: 'run as root, or name another port that the boot tree asks for with --http-port PORT',
            cause: error,
          },
        ),
      );
    });
    server.listen(port, '127.0.0.1', done);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
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
  const reply = (status: number, headers: Record<string, string | number>): void => {
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
  const etag = `"${found.size.toString(16)}-${Math.floor(found.mtimeMs).toString(16)}"`;
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag
      ? parseRange(request.headers.range, found.size)
      : undefined;
  if (range === 'invalid') {
    refuse(416, { 'Content-Range': `bytes */${found.size}` });
    return;
  }
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  reply(range === undefined ? 200 : 206, {
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
    // GRUB 2.12 reads the length only when it is spelled like this.
    'Content-Length': end - start + 1,
    ETag: etag,
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${found.size}` }),
  });
  if (method === 'HEAD' || found.size === 0) {
    response.end();
    return;
  }
  try {
    await pipeline(
      createReadStream(found.file, { start, end, highWaterMark: 256 * 1024 }),
      response,
    );
  } catch {
    // The guest went away in the middle, which firmware does as it likes.
    response.destroy();
  }
}

/** The file behind a request path, or the status that refuses it. */
async function findFile(
  root: string,
  path: string,
): Promise<{ file: string; size: number; mtimeMs: number } | number> {
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
    const { size, mtimeMs, ...rest } = await stat(file);
    return (rest.mode & 0o170000) === 0o100000 ? { file, size, mtimeMs } : 404;
  } catch (error) {
    return systemCode(error) === 'EACCES' ? 403 : 404;
  }
}
