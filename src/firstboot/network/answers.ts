// Whether a network works: somebody who must be there answers.
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../common/process.ts';
import { systemCode } from '../../common/error.ts';

/** Who is asked. */
export interface Witnesses {
  /** Interface with the management address. */
  interface: string;
  /**
   * Gateways of the host file: all of them have to answer, since a router that advertises itself says nothing of the way that
   * somebody wrote down. Where there are none, one of those that DHCP or router advertisements gave has to.
   */
  gateways: readonly string[];
  /** Servers that must be reachable: the pool's coordinator, the report target. */
  servers: readonly { host: string; port: number }[];
}

export interface Answer {
  answered: boolean;
  /** Who answered, or what was asked in vain, as a phrase. */
  text: string;
}

/** Milliseconds for a connection to a server. */
const CONNECT_TIMEOUT = 3000;

/** Milliseconds in which a neighbour answers. */
const NEIGHBOUR_PAUSE = 1000;

/** The discard service: nobody needs to listen, the kernel asks for the neighbour's address all the same. */
const DISCARD = 9;

/** Asks again and again until somebody answers or `seconds` are over. */
export async function waitForAnswer(
  witnesses: Witnesses,
  seconds: number,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await askOnce(witnesses);
    const left = Math.ceil((until - performance.now()) / 1000);
    if (answer.answered || left <= 0) return answer;
    note(`${answer.text}; waiting for ${left} s more`);
    // What fires the signal says why.
    await sleep(1000, undefined, { signal }).catch(() => {
      throw signal.reason;
    });
  }
}

/** Asks everybody once. */
export async function askOnce(witnesses: Witnesses): Promise<Answer> {
  const device = witnesses.interface;
  const addresses = await readAddresses(device);
  if (addresses.length === 0) return { answered: false, text: `${device} has no address` };
  const named = witnesses.gateways.length > 0;
  const gateways = named ? witnesses.gateways : await readGateways(device);
  const silent: string[] = [];
  for (const gateway of gateways) {
    if (!(await isNeighbour(gateway, device))) silent.push(gateway);
    else if (!named) return yes(`the gateway ${gateway}`);
  }
  if (named && silent.length === 0) return yes(`the gateway ${gateways.join(', ')}`);
  for (const { host, port } of witnesses.servers)
    if (await isServer(host, port)) return yes(`${host}, port ${port}`);
  const asked = [...silent, ...witnesses.servers.map(({ host }) => host)];
  if (asked.length === 0)
    return {
      answered: true,
      text: `${device} has ${addresses[0] ?? ''}; there is no gateway to ask`,
    };
  return { answered: false, text: `no answer from ${asked.join(', ')}` };
}

function yes(who: string): Answer {
  return { answered: true, text: `${who} answers` };
}

interface IpAddress {
  addr_info?: { local?: string; scope?: string; tentative?: boolean }[];
}

async function readAddresses(device: string): Promise<string[]> {
  const { stdout } = await run(['ip', '-json', 'address', 'show', 'dev', device], {
    accept: [0, 1, 2],
  });
  return parseIp<IpAddress>(stdout)
    .flatMap(({ addr_info: infos = [] }) => infos)
    .flatMap(({ local, scope, tentative }) =>
      scope === 'global' && tentative !== true && local !== undefined ? [local] : [],
    );
}

async function readGateways(device: string): Promise<string[]> {
  const found: string[] = [];
  for (const family of ['-4', '-6']) {
    const { stdout } = await run(
      ['ip', family, '-json', 'route', 'show', 'default', 'dev', device],
      { accept: [0, 1, 2] },
    );
    for (const { gateway } of parseIp<{ gateway?: string }>(stdout))
      if (gateway !== undefined) found.push(gateway);
  }
  return found;
}

/** ip prints nothing where there is nothing, and an error where there is no such device. */
function parseIp<T>(text: string): T[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}

/** A datagram makes the kernel look for the neighbour (ARP, NDP): a gateway that answers no ping answers that. */
async function isNeighbour(address: string, device: string): Promise<boolean> {
  const target = address.startsWith('fe80:') ? `${address}%${device}` : address;
  await new Promise<void>((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const done = (): void => {
      socket.close(() => {
        resolve();
      });
    };
    socket.on('error', done);
    socket.send('', DISCARD, target, done);
  });
  await sleep(NEIGHBOUR_PAUSE);
  const { stdout } = await run(['ip', '-json', 'neighbour', 'show', 'to', address, 'dev', device], {
    accept: [0, 1, 2],
  });
  return parseIp<{ state?: string[] }>(stdout).some(({ state = [] }) =>
    ['REACHABLE', 'PERMANENT'].some((one) => state.includes(one)),
  );
}

/** Whoever refuses a connection is there. */
function isServer(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => {
      end(true);
    });
    socket.on('timeout', () => {
      end(false);
    });
    socket.on('error', (error) => {
      end(systemCode(error) === 'ECONNREFUSED');
    });
  });
}
