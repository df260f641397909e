// Two fleet servers on one database behind a proxy that knows nothing of them: connections go to whichever answers.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../src/fleet/rehearse/clock.ts';
import type { SiteOrder } from '../src/fleet/rehearse/run.ts';
import { startServer, type RehearsedServer } from '../src/fleet/rehearse/server-process.ts';
import type { Site } from '../src/fleet/rehearse/site.ts';

/** Where the two are; machines know only the proxy. */
const ADDRESSES = ['127.0.0.2', '127.0.0.3'] as const;
const PROXY = '127.0.0.1';

/** Starts both. When one is struck it stays dead. */
export async function openTwoServers(order: SiteOrder, clock: Clock): Promise<Site> {
  const alive: { server: RehearsedServer; address: string }[] = [];
  const proxies = [await openProxy(() => alive), await openProxy(() => alive)] as const;
  const [httpPort, httpsPort] = proxies.map(({ port }) => port) as [number, number];
  for (const address of ADDRESSES) {
    const own = { ...order, address, serverAddress: PROXY, httpPort, httpsPort };
    alive.push({ address, server: await startServer(own, clock) });
  }
  const total = { memory: 0, cpu: 0 };
  const count = async (server: RehearsedServer | undefined): Promise<void> => {
    const figures = await server?.figures();
    total.memory = Math.max(total.memory, figures?.memory ?? 0);
    total.cpu += figures?.cpu ?? 0;
  };
  return {
    bootServer: `http://${PROXY}:${httpPort}`,
    server: () => alive[0]?.server,
    strike: async () => {
      const [victim] = alive;
      await clock.hold(() => count(victim?.server));
      alive.shift();
      await victim?.server.kill();
    },
    figures: async () => {
      for (const { server } of alive) await count(server);
      return total;
    },
    close: async () => {
      for (const { server } of alive) await server.kill();
      for (const { close } of proxies) close();
    },
  };
}

/** Hands connections on, in turns; what it cannot hand on it closes. */
async function openProxy(
  backends: () => readonly { address: string }[],
): Promise<{ port: number; close: () => void }> {
  let turn = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((client) => {
    turn += 1;
    const all = backends();
    const { address = PROXY } = all[turn % Math.max(1, all.length)] ?? {};
    const { port } = server.address() as AddressInfo;
    const backend = connect({ host: address, port });
    for (const [one, other] of [
      [client, backend],
      [backend, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, PROXY, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
