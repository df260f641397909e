// A small HTTP server for network boots in the lab and for a try of a repository: files of one directory, with ranges.
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KronosError, systemCode, type KronosErrorOptions } from './error.ts';

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

/** Types by the ending of the name; all else are plain bytes. */
const TYPES: Readonly<Record<string, string>> = {
  '.asc': 'application/pgp-keys',
  '.deb': 'application/vnd.debian.binary-package',
  '.gz': 'application/gzip',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.repo': 'text/plain; charset=utf-8',
  '.rpm': 'application/x-rpm',
  '.sources': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
  '.xz': 'application/x-xz',
  '.zst': 'application/zstd',
};

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
  await new Promise<void>((done, fail) => {
    server.once('error', (error) => {
      const code = systemCode(error);
      const why =
        code === 'EACCES'
          ? 'only root may use it'
          : code === 'EADDRINUSE'
            ? 'it is in use'
            : code === 'EADDRNOTAVAIL'
              ? `this machine does not have the address ${address}`
              : error.message;
      fail(
        new KronosError(
          'host/port-unavailable',
          `cannot serve ${options.what ?? 'the files'} on port ${port}: ${why}`,
          {
            hint: 'name another port, or run as root',
            ...options.refusal,
            cause: error,
          },
        ),
      );
    });
    server.listen(port, address, done);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
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
  try {
    await sendFile(found, request, { reply, refuse, response });
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

interface Replies {
  reply: (status: number, headers: Record<string, string | number>) => void;
  refuse: (status: number, headers?: Record<string, string>) => void;
  response: ServerResponse;
}

/** Sends what the request asks of a file: all, a part, or that nothing changed. */
async function sendFile(found: Found, request: IncomingMessage, replies: Replies): Promise<void> {
  const { size } = found;
  const etag = `"${size.toString(16)}-${found.modified.getTime().toString(16)}"`;
  const modified = found.modified.toUTCString();
  const validators = { ETag: etag, 'Last-Modified': modified };
  if (isUnchanged(request, etag, found.modified)) {
    replies.reply(304, validators);
    replies.response.end();
    return;
  }
  const condition = request.headers['if-range'];
  const range =
    condition === undefined || condition === etag || condition === modified
      ? parseRange(request.headers.range, size)
      : undefined;
  if (range === 'invalid') {
    replies.refuse(416, { 'Content-Range': `bytes */${size}` });
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  replies.reply(range === undefined ? 200 : 206, {
    'Accept-Ranges': 'bytes',
    'Content-Type': TYPES[extname(found.path)] ?? 'application/octet-stream',
    // GRUB 2.12 reads the length only when it is spelled like this.
    'Content-Length': end - start + 1,
    ...validators,
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    replies.response.end();
    return;
  }
  const stream = found.handle.createReadStream({
    ...{ start, end, highWaterMark: 256 * 1024, autoClose: false },
  });
  await pipeline(stream, replies.response);
}

/** Whether the client has the file already, as far as it says so. */
function isUnchanged(request: IncomingMessage, etag: string, modified: Date): boolean {
  const known = request.headers['if-none-match'];
  if (known !== undefined) return known.split(',').some((one) => one.trim() === etag);
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return Number.isFinite(since) && Math.floor(modified.getTime() / 1000) * 1000 <= since;
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
