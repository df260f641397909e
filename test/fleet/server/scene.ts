// A fleet server with everything real: fleet file, store in plain files, boot tree, TLS; and machines that talk to it.
import { request as requestHttp, type Agent, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ensureCertificate } from '../../../src/fleet/certificate.ts';
import type { Fleet } from '../../../src/fleet/file/fleet.ts';
import { readFleetFile } from '../../../src/fleet/file/read.ts';
import { startFleetServer, type FleetServer } from '../../../src/fleet/server/server.ts';
import type { FleetServerOptions } from '../../../src/fleet/server/server.ts';
import { openFileStore } from '../../../src/fleet/store/files.ts';
import type { Store } from '../../../src/fleet/store/store.ts';
import { FLEET_ARGUMENTS, FLEET_PATHS } from '../../../src/host/fleet/messages.ts';
import type { Inventory } from '../../../src/host/inventory.ts';
import { readMachine } from '../../host/machines.ts';
import { temporaryDirectory, writeFiles } from '../../temporary.ts';

/** The password of the pool: nobody but members may ever see it. */
export const CANARY = 'canary-pool-password';

const FLEET = `version: 1
name: rack-7
host:
  root: { passwordHash: "!!", sshKeys: [] }
  disks: { system: { match: {}, existing: erase } }
  network: { management: { interface: { match: {} } } }
hosts:
  xen01: { mac: "52:54:00:ab:00:01" }
  xen02: { mac: "52:54:00:ab:00:02" }
pools:
  blue:
    coordinator: xen01
    hosts: [xen01, xen02]
    credential: { password: { file: pool.secret } }
rollout: { canary: 0, approval: none }
`;

/** A boot tree that nothing boots from. */
export const TREE: Readonly<Record<string, string>> = {
  'grub.0': 'bios',
  'grubx64.efi': 'uefi',
  'boot.ipxe': '#!ipxe\n',
  'grub/grub.cfg': 'menu\n',
  'grub/here.cfg': 'set kronos_here=yes\n',
  'initrd.img': 'initrd',
  vmlinuz: 'kernel',
  'layers/packages.squashfs': '0123456789'.repeat(100_000),
};

export interface Scene {
  directory: string;
  fleet: Fleet;
  store: Store;
  server: FleetServer;
  /** Lines that the server wrote. */
  lines: string[];
  inventory: Inventory;
  /** Ends the server and starts another one on the same directory, with the same ports. */
  restart: () => Promise<void>;
}

/** A server on the loopback address with the fleet of two above, or another one. */
export async function openScene(
  t: ExecutionContext,
  options: { fleet?: string; server?: Partial<FleetServerOptions> } = {},
): Promise<Scene> {
  const directory = await temporaryDirectory(t);
  const files = Object.entries(TREE).map(([name, text]) => [`tree/${name}`, text] as const);
  await writeFiles(directory, {
    'fleet.yaml': options.fleet ?? FLEET,
    'pool.secret': CANARY,
    ...Object.fromEntries(files),
  });
  const { fleet } = await readFleetFile(join(directory, 'fleet.yaml'));
  const lines: string[] = [];
  const open = async (ports: { httpPort: number; httpsPort: number }) => {
    const store = await openFileStore(join(directory, 'state'));
    const server = await startFleetServer({
      ...{ fleet, store, tree: join(directory, 'tree'), address: '127.0.0.1' },
      ...ports,
      certificate: await ensureCertificate(join(directory, 'state'), '127.0.0.1'),
      note: (line) => lines.push(line),
      tftp: join(directory, 'state/tftp'),
      ...options.server,
    });
    return { store, server };
  };
  const scene: Scene = {
    ...{ directory, fleet, lines, inventory: await readMachine('six-disks') },
    ...(await open({ httpPort: 0, httpsPort: 0 })),
    restart: async () => {
      const { server } = scene;
      await server.close();
      await scene.store.close();
      const [httpPort = 0, httpsPort = 0] = [server.httpUrl, server.httpsUrl].map((url) =>
        Number(new URL(url).port),
      );
      Object.assign(scene, await open({ httpPort, httpsPort }));
    },
  };
  t.teardown(async () => {
    await scene.server.close();
    await scene.store.close();
  });
  return scene;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One request; the path goes out as it is. */
export function ask(
  url: string,
  path: string,
  options: {
    method?: string;
    body?: string | Buffer;
    token?: string | undefined;
    headers?: Record<string, string>;
    agent?: Agent;
  } = {},
): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url);
  const { body, token, headers, method = body === undefined ? 'GET' : 'POST' } = options;
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ hostname, port, path, method, rejectUnauthorized: false },
        agent: options.agent ?? false,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** A machine as the server sees it: firmware that asks for a script, then a live system. */
export class Machine {
  readonly scene: Scene;
  readonly mac: string;
  readonly facts: Record<string, string>;
  /** Of the boot arguments, of the host file. */
  bootToken: string | undefined;
  reportToken: string | undefined;
  run = 0;
  number = 0;

  constructor(scene: Scene, mac: string, serial = `S-${mac.slice(-2)}`) {
    this.scene = scene;
    this.mac = mac;
    this.facts = { serial, uuid: `uuid-${serial}`, product: 'Test' };
  }

  /** The entry of the menu that is started. */
  async start(loader: 'cfg' | 'ipxe' = 'cfg'): Promise<string> {
    const name = loader === 'cfg' ? this.mac : this.mac.replaceAll(':', '-');
    const { text } = await ask(this.scene.server.httpUrl, `/boot/${name}.${loader}`);
    this.bootToken = new RegExp(`${FLEET_ARGUMENTS.token}=([^"\\s]+)`).exec(text)?.[1];
    const entry = /set (?:default=|kronos-default )(\w+)/.exec(text)?.[1] ?? '';
    // What iPXE starts then asks itself.
    return entry === 'grub' ? await this.start() : entry;
  }

  post(path: string, body: unknown, token: string | undefined): Promise<Answer> {
    return ask(this.scene.server.httpsUrl, path, { body: JSON.stringify(body), token });
  }

  hello(inventory?: unknown): Promise<Answer> {
    const { mac, facts } = this;
    const body = {
      mac,
      facts,
      version: '0.1.0',
      ...(inventory === undefined ? {} : { inventory }),
    };
    return this.post(FLEET_PATHS.hello, body, this.bootToken);
  }

  async introduce(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.hello(this.scene.inventory)).text) as Record<string, unknown>;
  }

  async fetchHostFile(attempt = 1): Promise<Answer> {
    const answer = await this.post(
      FLEET_PATHS.hostFile,
      { mac: this.mac, attempt },
      this.bootToken,
    );
    this.reportToken = /token: "?([A-Za-z0-9_-]{43})/.exec(
      answer.status === 200 ? (JSON.parse(answer.text) as { hostFile: string }).hostFile : '',
    )?.[1];
    return answer;
  }

  /** A message of a reporter: steps, and a report where a result is named. */
  report(
    stage: 'install' | 'firstboot',
    steps: readonly string[],
    result?: 'ok' | 'failed',
    facts: Record<string, unknown> = {},
  ): Promise<Answer> {
    return this.post(
      FLEET_PATHS.events,
      this.message(stage, steps, result, facts),
      this.reportToken,
    );
  }

  message(
    stage: string,
    steps: readonly string[],
    result?: 'ok' | 'failed',
    facts: Record<string, unknown> = {},
  ): Record<string, unknown> {
    const time = new Date().toISOString();
    const events = steps.map((step) => {
      const [name = '', state = 'finished'] = step.split(' ');
      this.number += 1;
      return { number: this.number, time, stage, step: name, state, percent: 50, message: name };
    });
    const error = { code: 'io/command-failed', message: 'mkfs failed', hint: 'look at the disk' };
    const report = {
      ...{ format: 'kronos-report', version: 1, stage, seconds: 1, facts, log: ['a', 'b'] },
      result,
      ...(result === 'failed' ? { error, step: 'disk' } : {}),
    };
    const run = `run-${this.mac.replaceAll(':', '')}-${stage}-${this.run}`;
    return { run, host: this.facts, events, ...(result === undefined ? {} : { report }) };
  }

  /** From power on to the end of the first boot. */
  async install(facts: Record<string, unknown> = {}): Promise<void> {
    await this.start();
    await this.introduce();
    await this.fetchHostFile();
    await this.report('install', ['disk'], 'ok');
    await this.report('firstboot', ['network', 'pool'], 'ok', facts);
  }

  get state(): string | undefined {
    return this.scene.store.state().machines.get(this.mac)?.state;
  }
}

/** Waits until something holds, looking often. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let left = 500; left > 0; left -= 1) {
    if (holds()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`not reached: ${what}`);
}

/** What a person would say. */
export async function startRollout(scene: Scene): Promise<void> {
  await scene.store.transact(() => ({
    append: [{ subject: 'fleet', event: { type: 'started' } }],
    result: undefined,
  }));
}
