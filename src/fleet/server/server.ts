// The fleet server: boot scripts and images over HTTP, machines and people over HTTPS, and in between the decisions.
import type { Certificate } from '../certificate.ts';
import type { Desk } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';
import type { MachineRecord } from '../state/record.ts';
import type { Store } from '../store/store.ts';
import { readTemplates } from '../templates.ts';
import { writeTftp } from '../tftp.ts';
import { createBootDesk } from './boot.ts';
import { renderSiteScript, type BootPlace } from './boot-script.ts';
import { createChunks } from './chunks.ts';
import type { FleetContext } from './context.ts';
import { LIMITS, type Limits } from './limits.ts';
import { createNotebook } from './note.ts';
import { createPlainHandler } from './plain.ts';
import { createSecureHandler, type Web } from './secure.ts';
import { createFileSender } from './send-file.ts';
import { startSettling } from './settle.ts';
import { tellEntry } from './tell.ts';
import { openTree } from './tree.ts';
import { openWebServer, type WebServer } from './web-server.ts';

export interface FleetServerOptions {
  fleet: Fleet;
  store: Store;
  /** Knows what machines wait for; without it they are told in general. */
  desk?: Pick<Desk, 'status'> | undefined;
  /** Directory of the boot tree. */
  tree: string;
  /** The address of this machine that is listened on, and no other. */
  address: string;
  /** How machines reach it where that is another one: a proxy's. Default is `address`. */
  serverAddress?: string | undefined;
  /** 0 chooses a free one. */
  httpPort: number;
  httpsPort: number;
  certificate: Certificate;
  /** Gets a line for each thing that happens. */
  note: (line: string) => void;
  /** The pages and the interface of whoever runs the fleet. */
  web?: Web | undefined;
  /** A directory that is made for a TFTP server; left out: none is. */
  tftp?: string | undefined;
  /** Whether that TFTP server has another address than this one. */
  tftpElsewhere?: boolean | undefined;
  limits?: Partial<Limits> | undefined;
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined;
}

export interface FleetServer {
  httpUrl: string;
  httpsUrl: string;
  fingerprint: string;
  /** Of the boot tree: `HTTPURL/trees/DIGEST/`. */
  treeUrl: string;
  close: () => Promise<void>;
}

/**
 * Starts serving. The store stays open when the server is closed.
 * Errors: `input/boot-tree`, `host/port-unavailable`, `io/fleet-store`, those of node:fs.
 */
export async function startFleetServer(options: FleetServerOptions): Promise<FleetServer> {
  const { fleet, store, certificate, address } = options;
  const limits = { ...LIMITS, ...options.limits };
  const now = options.now ?? Date.now;
  const render = await readTemplates();
  const notebook = createNotebook(options.note);
  const { note } = notebook;
  const tree = await openTree(options.tree);
  const files = createFileSender(createChunks(), limits.pieceSeconds);
  const settler = startSettling(fleet, store, note, now);
  const unwatch = store.watch((change) => {
    if (!('entries' in change)) return;
    for (const entry of change.entries) {
      const line = tellEntry(store.state(), entry);
      if (line !== undefined) note('event', line);
    }
  });
  const opened: WebServer[] = [];
  const close = async (): Promise<void> => {
    for (const server of opened) await server.close();
    unwatch();
    await settler.close();
    files.close();
    await tree.close();
    notebook.close();
  };
  try {
    const reached = options.serverAddress ?? address;
    // The place is whole once both ports are known; nobody asks for it before.
    const place: BootPlace = {
      ...{ server: '', url: '', fingerprint: certificate.fingerprint },
      path: `/trees/${tree.digest}`,
      tftp: options.tftpElsewhere === true ? undefined : address,
    };
    const context: FleetContext = {
      ...{ fleet, store, place, limits, note, now },
      secret: await store.secret(),
      settle: settler.settle,
      waitsFor: createWaits(options.desk, now),
    };
    const plain = createPlainHandler({
      ...{ tree, files, note },
      boot: createBootDesk(context, render),
      site: (loader) => renderSiteScript(render, loader, place),
    });
    const secure = createSecureHandler(context, options.web);
    const what = `the fleet ${fleet.name}`;
    const web = { limits, note };
    const https = await openWebServer(
      { port: options.httpsPort, address, what, refusal: { location: { file: '--https-port' } } },
      secure,
      { ...web, certificate },
    );
    opened.push(https);
    place.url = `https://${hostPort(reached, https.port)}`;
    const http = await openWebServer(
      { port: options.httpPort, address, what, refusal: { location: { file: '--http-port' } } },
      plain,
      web,
    );
    opened.push(http);
    place.server = hostPort(reached, http.port);
    if (options.tftp !== undefined) await writeTftp(options.tftp, options.tree, place, render);
    await settler.settle();
    const httpUrl = `http://${place.server}`;
    return {
      ...{ httpUrl, httpsUrl: place.url, fingerprint: certificate.fingerprint, close },
      treeUrl: `${httpUrl}${place.path}/`,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An IPv6 address has its brackets where a port follows. */
function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Milliseconds for which what all machines wait for is not worked out again. */
const WAITS_PERIOD = 2000;

/** What a machine waits for, in words for whoever stands before it. */
function createWaits(
  desk: Pick<Desk, 'status'> | undefined,
  now: () => number,
): (machine: MachineRecord) => string {
  let waits = new Map<string, string>();
  let time = -Infinity;
  return (machine) => {
    if (now() - time > WAITS_PERIOD || now() < time) {
      time = now();
      waits = new Map();
      for (const { machine: id, waitsFor } of desk?.status().hosts ?? []) {
        if (id !== undefined && waitsFor !== undefined) waits.set(id, waitsFor);
      }
    }
    if (machine.state === 'failed') {
      return `${machine.host ?? machine.id} failed (${machine.failure?.code ?? ''}) and waits to be tried again`;
    }
    const what = waits.get(machine.id) ?? (machine.host === undefined ? 'a name' : 'its turn');
    return `${machine.host ?? machine.id} waits for ${what}`;
  };
}
