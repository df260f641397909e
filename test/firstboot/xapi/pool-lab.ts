// A pool of simulated hosts whose first boots are run for real.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { makeCertificate } from '../../steps/servers.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { Lab, type SimulatedHost } from '../../xapi-simulator/lab.ts';
import { listen } from '../../xapi-simulator/server.ts';
import { NOTHING } from '../../xapi-simulator/storage.ts';
import { runBoot, type Boot } from './run-steps.ts';

const MACS = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'];

/**
 * What happens to one request: it is not heard, its answer is lost, it is refused, the server that is asked starts again, it is
 * answered slowly, or it is carried out long after whoever asked has given up.
 */
export type Fault = 'unheard' | 'lost' | 'refused' | 'restart' | 'slow' | 'late';

/** Milliseconds by which it is slow, or late: many other requests are made meanwhile. */
export const DELAY = 200;

/** The lines of a host file about its networks. */
const NETWORKS = [
  '    interface: { match: { driver: ixgbe }, count: 2 }',
  '    bond: { mode: active-backup }',
];
const FURTHER_NETWORKS = ['  networks:', '    - { name: guests, vlan: 30 }'];

export interface PoolHost {
  host: SimulatedHost;
  /** What failed in all runs. */
  told: string[];
  /** For a run by another process. */
  boot: () => Boot;
  /** The request with this number, counted over both ways into servers, is treated like that. */
  fault: { at: number; kind: Fault; onFault?: (() => void) | undefined };
  requests: () => number;
  /** Messages to all servers, in their order. */
  heard: readonly string[];
  run: () => Promise<Record<string, string>>;
  directory: string;
}

/**
 * A coordinator to be, and members to come. `faster`: by what the measured delays are divided; `plain`: the coordinator has neither
 * bonds nor VLANs, which the members have.
 */
export async function makePoolLab(t: ExecutionContext, faster = 100, { plain = false } = {}) {
  const lab = new Lab(faster);
  let count = 0;
  const messages: string[] = [];
  const fault: PoolHost['fault'] = { at: Infinity, kind: 'lost' };
  const faulty = (host: SimulatedHost) => ({
    answer: async (...[heard, via]: Parameters<SimulatedHost['answer']>) => {
      count += 1;
      messages.push(heard.method);
      if (count !== fault.at) return host.answer(heard, via);
      fault.onFault?.();
      if (fault.kind === 'slow') {
        await sleep(DELAY);
        return host.answer(heard, via);
      }
      if (fault.kind === 'refused') return heard.answer({ error: ['INTERNAL_ERROR', 'injected'] });
      if (fault.kind === 'lost') await host.answer(heard, via);
      else if (fault.kind === 'restart') void host.restart();
      else if (fault.kind === 'late') void sleep(DELAY).then(() => host.answer(heard, via));
      return 'refused' as const;
    },
  });
  const certificate = await makeCertificate(t);
  const add = async (
    name: string,
    address: string,
    ip: string,
    more: readonly string[],
    password?: string,
  ): Promise<PoolHost> => {
    const directory = await temporaryDirectory(t);
    const path = (file: string): string => join(directory, file);
    const nics = MACS.map((mac, index) => ({ device: `eth${index}`, mac }));
    const world = { ...NOTHING, nfsServers: new Set(['nas']) };
    await writeFile(path('pool.conf'), 'master');
    const host = lab.add({
      address,
      nics,
      world,
      poolConf: path('pool.conf'),
      wrongPasswordDelay: 1,
    });
    const uuid = host.xapi.database.get('host', host.xapi.host)['uuid'] as string;
    await writeFile(path('inventory'), `INSTALLATION_UUID='${uuid}'\n`);
    if (password !== undefined)
      await writeFile(
        path('secrets.json'),
        JSON.stringify({ format: 'kronos-secrets', pool: password }),
      );
    const socket = await listen(faulty(host), 'unix', path('xapi'));
    t.teardown(socket.close);
    const isPlain = plain && more[0]?.includes('coordinator') === true;
    const text = [
      ...['version: 1', `hostname: ${name}`, 'root: { passwordHash: "!" }', 'toolstack: xapi'],
      ...['disks: { system: { match: { serial: S1 } } }', 'network:', '  management:'],
      ...(isPlain ? ['    interface: { match: { driver: ixgbe } }'] : NETWORKS),
      `    ipv4: { mode: static, address: ${ip}/24 }`,
      ...(isPlain ? [] : FURTHER_NETWORKS),
      ...['storage:', '  - { type: nfs, name: shared, server: nas, path: /xen, default: true }'],
      ...more,
    ].join('\n');
    const told: string[] = [];
    const boot = (): Boot => ({
      ...{ text, macs: isPlain ? MACS.slice(0, 1) : MACS },
      places: {
        ...{ inventory: path('inventory'), role: path('pool.conf'), socket: path('xapi') },
        memory: directory,
        ...{ secrets: path('secrets.json'), port: Number(https.at), patience: { interval: 10 } },
      },
    });
    const run = (): ReturnType<typeof runBoot> => runBoot(boot(), (failure) => told.push(failure));
    const requests = (): number => count;
    return { told, host, boot, run, directory, fault, requests, heard: messages };
  };
  let https: Awaited<ReturnType<typeof listen>> = { at: 0, close: () => Promise.resolve() };
  const coordinator = await add('xen01', '127.0.0.1', '127.0.0.1', [
    'pool: { role: coordinator, name: rack }',
  ]);
  https = await listen(faulty(coordinator.host), 'https', 0, certificate);
  t.teardown(https.close);
  const member = (name: string, address: string, password = 'xenroot') =>
    add(
      ...([name, address, address] as const),
      [
        'pool:',
        '  role: member',
        '  coordinator: 127.0.0.1',
        `  fingerprint: "${certificate.fingerprint}"`,
        '  credential: { password: { prompt: gone } }',
      ],
      password,
    );
  return { coordinator, member };
}

/** Whether a run has to be made again. */
export function hasFailed(states: Readonly<Record<string, string>>): boolean {
  return Object.values(states).some((state) => state === 'failed' || state === 'blocked');
}
