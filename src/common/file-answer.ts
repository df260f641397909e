// What a web server answers to a request for a file: all of it, a part, or that nothing changed (RFC 9110).
import type { IncomingHttpHeaders } from 'node:http';
import { extname } from 'node:path';

/** What is known of a file before a byte of it is read. */
export interface FileFacts {
  /** For the type. */
  name: string;
  /** Bytes. */
  size: number;
  /** With its quotation marks. */
  etag: string;
  modified: Date;
}

export interface FileAnswer {
  status: 200 | 206 | 304 | 416;
  headers: Readonly<Record<string, string | number>>;
  /** Bytes of the file that follow, both ends included; left out: none. */
  body?: { start: number; end: number } | undefined;
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

/** The answer to GET or HEAD for a file. */
export function answerFile(
  method: string,
  request: IncomingHttpHeaders,
  file: FileFacts,
): FileAnswer {
  const { size, etag } = file;
  const modified = file.modified.toUTCString();
  const validators = { ETag: etag, 'Last-Modified': modified };
  if (isUnchanged(request, file)) return { status: 304, headers: validators };
  const condition = request['if-range'];
  const range =
    condition === undefined || condition === etag || condition === modified
      ? parseRange(request.range, size)
      : undefined;
  if (range === 'invalid') {
    return { status: 416, headers: { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 } };
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      'Accept-Ranges': 'bytes',
      'Content-Type': TYPES[extname(file.name)] ?? 'application/octet-stream',
      // GRUB 2.12 reads the length only when it is spelled like this.
      'Content-Length': end - start + 1,
      ...validators,
      ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` }),
    },
    body: method === 'HEAD' || size === 0 ? undefined : { start, end },
  };
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

/** Whether the client has the file already, as far as it says so. */
function isUnchanged(request: IncomingHttpHeaders, file: FileFacts): boolean {
  const known = request['if-none-match'];
  if (known !== undefined) return known.split(',').some((one) => one.trim() === file.etag);
  const since = Date.parse(request['if-modified-since'] ?? '');
  return Number.isFinite(since) && Math.floor(file.modified.getTime() / 1000) * 1000 <= since;
}
