// What is served over plain HTTP: boot scripts, and the boot tree. Nothing of it is secret, and nothing can be written.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseBootName, type BootDesk } from './boot.ts';
import type { Loader } from './boot-script.ts';
import type { Note } from './note.ts';
import type { FileSender } from './send-file.ts';
import type { Tree } from './tree.ts';
import { addressOf, type Handler } from './web-server.ts';

export interface PlainParts {
  boot: BootDesk;
  tree: Tree;
  files: FileSender;
  /** The script beside the boot files. */
  site: (loader: Loader) => string;
  note: Note;
}

/** Characters of a path; the longest one of ours is a digest and a name. */
const LONGEST_PATH = 512;

const NEVER_KEPT = { 'Cache-Control': 'no-store' };

/** What its address says it never changes. */
const KEPT_FOR_EVER = { 'Cache-Control': 'public, max-age=31536000, immutable' };

export function createPlainHandler(parts: PlainParts): Handler {
  const { boot, tree, files, site, note } = parts;
  return async (request, response) => {
    const refuse = (status: number, headers: Record<string, string> = {}): void => {
      const path = (request.url ?? '').slice(0, 200);
      note('refused', `${addressOf(request.socket)} ${request.method ?? ''} ${path}: ${status}`);
      response.writeHead(status, { ...headers, 'Content-Length': 0 });
      response.end();
    };
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      // What it would send is not read.
      refuse(405, { Allow: 'GET, HEAD', Connection: 'close' });
      return;
    }
    const path = decodePath(request.url ?? '/');
    if (path === undefined) {
      refuse(400);
      return;
    }
    const script = /^boot\/([^/]*)$/.exec(path);
    if (script !== null) {
      const asked = parseBootName(script[1] ?? '');
      if (asked === undefined) refuse(404);
      // A look at the head is no start.
      else if (method === 'HEAD') sendScript(request, response, '');
      else sendScript(request, response, await boot.answer(asked.mac, asked.loader));
      return;
    }
    const [, digest, below] = /^trees\/([0-9a-f]{64})\/(.*)$/.exec(path) ?? [];
    const name = below ?? path;
    if (digest !== undefined && digest !== tree.digest) {
      refuse(404);
      return;
    }
    if (name === 'site.cfg' || name === 'site.ipxe') {
      sendScript(request, response, site(name === 'site.cfg' ? 'cfg' : 'ipxe'));
      return;
    }
    const file = tree.files.get(name);
    if (file === undefined) refuse(404);
    else files.send(file, request, response, digest === undefined ? {} : KEPT_FOR_EVER);
  };
}

/** The path without query, doubled slashes and encoding; undefined: it is none that anybody of ours asks for. */
export function decodePath(url: string): string | undefined {
  const [path = ''] = url.split(/[?#]/, 1);
  if (path.length > LONGEST_PATH || !path.startsWith('/')) return undefined;
  try {
    const decoded = decodeURIComponent(path);
    if (/[\u0000-\u001f\\]/.test(decoded)) return undefined;
    const parts = decoded.split('/').filter((part) => part !== '');
    return parts.some((part) => part === '.' || part === '..') ? undefined : parts.join('/');
  } catch {
    return undefined;
  }
}

function sendScript(request: IncomingMessage, response: ServerResponse, text: string): void {
  response.writeHead(200, {
    ...NEVER_KEPT,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
