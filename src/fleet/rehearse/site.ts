// Where a rehearsal's servers run, and what becomes of them when one is killed.
import type { Clock } from './clock.ts';
import { startServer, type RehearsedServer } from './server-process.ts';
import type { ServerFigures, ServerOrder } from './server-words.ts';

export interface Site {
  /** For boot scripts: `http://127.0.0.1:8080`. */
  bootServer: string;
  /** A server that a person can talk to now. */
  server: () => RehearsedServer | undefined;
  /** Kills a server; resolves when all is as it was, or as it then stays. */
  strike: () => Promise<void>;
  /** What all servers together took; memory is that of the largest. */
  figures: () => Promise<ServerFigures>;
  close: () => Promise<void>;
}

/** Simulated seconds without a server after one was killed. */
const OUTAGE = 120;

/** One server, which is started again when it was killed. Errors: those of startServer. */
export async function openSite(
  order: Omit<ServerOrder, 'now' | 'httpPort' | 'httpsPort'>,
  clock: Clock,
): Promise<Site> {
  let server: RehearsedServer | undefined = await startServer(
    { ...order, httpPort: 0, httpsPort: 0 },
    clock,
  );
  const { httpUrl, httpsUrl } = server;
  const portOf = (url: string): number => Number(new URL(url).port);
  const ports = { httpPort: portOf(httpUrl), httpsPort: portOf(httpsUrl) };
  const total = { memory: 0, cpu: 0 };
  const count = async (): Promise<void> => {
    const figures = await server?.figures();
    if (figures === undefined) return;
    total.memory = Math.max(total.memory, figures.memory);
    total.cpu += figures.cpu;
  };
  return {
    bootServer: httpUrl,
    server: () => server,
    strike: async () => {
      await clock.hold(count);
      const victim = server;
      server = undefined;
      await victim?.kill();
      await clock.sleep(OUTAGE);
      server = await clock.hold(() => startServer({ ...order, ...ports }, clock));
    },
    figures: async () => {
      await count();
      return total;
    },
    close: async () => {
      await server?.kill();
    },
  };
}
