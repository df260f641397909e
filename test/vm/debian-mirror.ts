// The machine's own Debian mirror, made reachable for guests: a proxy on the loopback address that fetches as the machine's apt
// does and keeps what it fetched, so that a second run needs no network.
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findMirror } from '../../src/builder/apt/mirror.ts';
import type { Mirror } from '../../src/builder/apt/sources.ts';
import { statOrUndefined } from '../../src/common/files.ts';
import { CommandError, FIXED_ENVIRONMENT, run } from '../../src/common/process.ts';

/** What guests call the mirror: a name that exists nowhere, so that lists and sources never depend on a port. */
export const MIRROR_NAME = 'debian.test';

export interface DebianMirror {
  port: number;
  /** The archive keys, on this machine. */
  keyring: string;
  /** The bytes of a file of the archive, for example `debian/dists/trixie/InRelease`. */
  read: (path: string) => Promise<Buffer>;
  /** Files that came from the network so far. */
  fetched: () => number;
  close: () => Promise<void>;
}

/** Names that hold the same bytes for ever. */
const IMMUTABLE = /\/(?:pool|by-hash)\//;

/** Paths of an archive have no other characters; the rest is refused. */
const PATH = /^(?:debian|debian-security)(?:\/(?!\.\.?(?:\/|$))[\w.+~%:=-]+)+$/;

const GONE = /\s(?:404|410)\s/;

class NotThere extends Error {}

/** Starts the proxy; files are kept in `debian-mirror` below `cache`. Errors: those of findMirror. */
export async function serveDebianMirror(cache: string): Promise<DebianMirror> {
  const mirror = await findMirror();
  const store = createStore(mirror, join(cache, 'debian-mirror'));
  const server = createServer((request, response) => {
    const since = Date.parse(request.headers['if-modified-since'] ?? '');
    // apt names the whole address to a proxy.
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname).slice(1);
    void answer(store.find, path, { since, head: request.method === 'HEAD' }, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    keyring: mirror.keyring,
    read: async (path) => readFile(await store.find(path)),
    fetched: store.fetched,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Files of the mirror in a directory. */
function createStore(mirror: Mirror, directory: string) {
  const underway = new Map<string, Promise<string>>();
  let fetched = 0;

  const fetchFile = async (path: string, target: string): Promise<void> => {
    const partial = `${target}.${randomBytes(6).toString('hex')}.part`;
    await mkdir(dirname(target), { recursive: true });
    try {
      await download(uriOf(mirror, path), partial);
      // The date of a file that did not change stays, so that whoever asks for newer ones is told so.
      if (!(await sameBytes(partial, target))) await rename(partial, target);
      fetched += 1;
    } finally {
      await rm(partial, { force: true });
    }
  };
  const look = async (path: string): Promise<string> => {
    if (!PATH.test(path)) throw new NotThere(path);
    const target = join(directory, path);
    const there = (await statOrUndefined(target)) !== undefined;
    if (there && IMMUTABLE.test(path)) return target;
    try {
      await fetchFile(path, target);
    } catch (error) {
      // Without a network, what was the index last time is the index.
      if (error instanceof NotThere || !there) throw error;
    }
    return target;
  };
  const find = (path: string): Promise<string> => {
    // Once in a run: an index that changes between two machines of one scenario would be another scenario.
    const found = underway.get(path) ?? look(path);
    underway.set(path, found);
    return found;
  };
  return { find, fetched: () => fetched };
}

function uriOf(mirror: Mirror, path: string): string {
  const [archive = '', ...rest] = path.split('/');
  const base = archive === 'debian-security' ? mirror.security : mirror.main;
  return `${base}/${encodeURI(rest.join('/')).replaceAll('+', '%2b')}`;
}

/** Through apt's own helper, which knows the machine's proxies and passwords. */
async function download(uri: string, target: string): Promise<void> {
  const options = ['APT::Sandbox::User=', 'Acquire::Retries=4', 'Acquire::Send-URI-Encoded=true'];
  const words = options.flatMap((option) => ['-o', option]);
  try {
    await run(['/usr/lib/apt/apt-helper', ...words, 'download-file', uri, target], {
      environment: FIXED_ENVIRONMENT,
      extendEnvironment: true,
    });
  } catch (error) {
    if (error instanceof CommandError && GONE.test(error.stderr + error.stdout))
      throw new NotThere(uri, { cause: error });
    throw error;
  }
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  const [a, b] = [await stat(one), await statOrUndefined(other)];
  return a.size === b?.size && (await readFile(one)).equals(await readFile(other));
}

async function answer(
  find: (path: string) => Promise<string>,
  path: string,
  asked: { since: number; head: boolean },
  response: ServerResponse,
): Promise<void> {
  try {
    const file = await find(path);
    const { size, mtimeMs } = await stat(file);
    const seconds = Math.floor(mtimeMs / 1000);
    if (asked.since >= seconds * 1000) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, {
      'Content-Length': size,
      'Last-Modified': new Date(seconds * 1000).toUTCString(),
    });
    if (asked.head) response.end();
    else await pipeline(createReadStream(file), response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(error instanceof NotThere ? 404 : 502).end();
  }
}
