// kronos fleet serve: everything that one machine does for a fleet, put together.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { digestOf } from '../common/digest.ts';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../common/files.ts';
import { readText } from '../host/read.ts';
import { ensureCertificate } from './certificate.ts';
import { openDesk } from './desk/open.ts';
import { renderDhcpLines, renderDnsmasq, runDnsmasq } from './dnsmasq.ts';
import { readFleetFile } from './file/read.ts';
import { findInterface } from './interface.ts';
import { keepHeapSmall } from './server/heap.ts';
import { createNotebook } from './server/note.ts';
import { startFleetServer } from './server/server.ts';
import { LIMITS } from './server/limits.ts';
import { openFileStore } from './store/files.ts';
import { openPostgresStore } from './store/postgres.ts';
import type { Store } from './store/store.ts';
import { readTemplates } from './templates.ts';
import { createWeb } from './web/web.ts';

export interface ServeRequest {
  file: string;
  interface: string;
  tree: string;
  state: string;
  httpPort: number;
  httpsPort: number;
  /** Answer DHCP besides the site's server; serve TFTP. Neither: no dnsmasq. */
  dhcp: boolean;
  tftp: boolean;
  /** A file with the URL of a database. */
  postgres?: string | undefined;
  serverAddress?: string | undefined;
  /** Addresses of proxies in front of this server. */
  proxies: readonly string[];
  /** Gets a line for each thing that happens. */
  note: (line: string) => void;
}

export interface Serving {
  fleet: string;
  hosts: number;
  url: string;
  fingerprint: string;
  treeUrl: string;
  /** File that has what an operator logs in with. */
  tokenFile: string;
  tftp: string;
  warnings: readonly KronosError[];
  /** What the site's DHCP server must be told, where this one answers none. */
  dhcpLines?: string | undefined;
  close: () => Promise<void>;
}

/**
 * Starts all of it; nothing runs where it fails.
 * Errors: those of readFleetFile, findInterface, the stores, ensureCertificate, startFleetServer and runDnsmasq.
 */
export async function serveFleet(request: ServeRequest): Promise<Serving> {
  keepHeapSmall();
  const { fleet, warnings } = await readFleetFile(request.file);
  const place = findInterface(request.interface);
  const { address } = place;
  const state = resolve(request.state);
  const notebook = createNotebook(request.note);
  const note = (text: string): void => notebook.note('event', text);
  const closers: (() => Promise<void> | void)[] = [notebook.close];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const store = await openStore(request, state, fleet.name, note);
    closers.push(() => store.close());
    // dnsmasq is nobody and must get through; what is secret has modes of its own.
    await chmod(state, 0o711);
    const certificate = await ensureCertificate(state, request.serverAddress ?? address);
    const tokenFile = join(state, 'operator.token');
    const operatorToken = await ensureOperatorToken(tokenFile);
    const desk = openDesk({ fleet, store });
    const tftp = await chooseTftp(state);
    const open = dirname(tftp);
    if (open !== state) {
      await mkdir(open, { recursive: true });
      await chmod(open, 0o711);
      closers.push(() => rm(open, { recursive: true, force: true }));
    }
    const server = await startFleetServer({
      ...{ fleet, store, desk, certificate, address, tftp },
      tftpElsewhere: !request.tftp,
      ...{ tree: request.tree, serverAddress: request.serverAddress },
      ...{ httpPort: request.httpPort, httpsPort: request.httpsPort },
      note: request.note,
      web: createWeb({ desk, operatorToken, note: (text) => notebook.note('refused', text) }),
      limits: { proxies: [...LIMITS.proxies, ...request.proxies] },
    });
    closers.push(() => server.close());
    const render = await readTemplates();
    if (request.tftp) {
      const dnsmasq = await runDnsmasq({
        // It reads this as nobody, like what it serves.
        configuration: join(open, 'dnsmasq.conf'),
        text: renderDnsmasq(render, { interface: place, tftp, dhcp: request.dhcp }),
        note: (line) => notebook.note('dnsmasq', line),
        warn: (line) => notebook.note('error', line),
      });
      closers.push(() => dnsmasq.close());
    }
    const { httpsUrl: url, fingerprint, treeUrl } = server;
    await writeFileAtomic(
      join(state, 'server.json'),
      `${JSON.stringify({ url, fingerprint, tree: treeUrl }, null, 2)}\n`,
    );
    return {
      ...{ fleet: fleet.name, hosts: fleet.hosts.length, url, fingerprint, treeUrl, tokenFile },
      ...{ tftp, warnings, close },
      ...(request.dhcp ? {} : { dhcpLines: renderDhcpLines(render, address) }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStore(
  request: ServeRequest,
  state: string,
  fleet: string,
  note: (text: string) => void,
): Promise<Store> {
  if (request.postgres === undefined) return await openFileStore(state, { note });
  await mkdir(state, { recursive: true });
  const url = (await readText(request.postgres)).trim();
  return await openPostgresStore(url, fleet, { note });
}

/** Made once; servers that share a fleet are given the same file. Errors: `input/operator-token`, those of node:fs. */
async function ensureOperatorToken(path: string): Promise<string> {
  const known = (await readTextOrUndefined(path))?.trim();
  if (known === undefined) {
    const token = randomBytes(24).toString('base64url');
    await writeFileAtomic(path, `${token}\n`, 0o600);
    return token;
  }
  if (!/^[\x21-\x7e]{16,256}$/.test(known)) {
    throw new KronosError('input/operator-token', `${path} holds no token`, {
      hint: 'remove it: a new one is made; or write 16 to 256 characters into it, without spaces',
    });
  }
  await chmod(path, 0o600);
  return known;
}

/** `tftp` of the state directory, or a place below /run where nobody could get through to that, as in root's home. */
async function chooseTftp(state: string): Promise<string> {
  if (process.getuid?.() !== 0) return join(state, 'tftp');
  for (let directory = state; ; directory = dirname(directory)) {
    if (((await stat(directory)).mode & 0o001) === 0) {
      return join('/run', `kronos-fleet-${digestOf(state).slice(0, 12)}`, 'tftp');
    }
    if (directory === dirname(directory)) return join(state, 'tftp');
  }
}
