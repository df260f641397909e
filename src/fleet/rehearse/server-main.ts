// The server of a rehearsal as a process of its own: the real one, on the rehearsal's clock. It ends with its standard input.
import { createInterface } from 'node:readline';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatError } from '../../common/error.ts';
import { ensureCertificate } from '../certificate.ts';
import { openDesk } from '../desk/open.ts';
import { readFleetFile } from '../file/read.ts';
import { keepHeapSmall } from '../server/heap.ts';
import { startFleetServer } from '../server/server.ts';
import type { Entry } from '../state/event.ts';
import { decide } from '../state/decide.ts';
import { openFileStore } from '../store/files.ts';
import { parseEvent, parseLine } from '../store/line.ts';
import { openPostgresStore } from '../store/postgres.ts';
import type { ServerOrder, ServerQuestion, ServerSays } from './server-words.ts';
import { countWaits } from './waits.ts';

/** Simulated milliseconds after which what is due is looked for: the server itself looks by the real clock. */
const PERIOD = 5000;

function say(words: ServerSays): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

async function serve(order: ServerOrder): Promise<(question: ServerQuestion) => Promise<void>> {
  keepHeapSmall();
  const clock = { now: order.now, looked: order.now };
  const now = (): number => clock.now;
  const { fleet } = await readFleetFile(order.fleetFile);
  await mkdir(order.state, { recursive: true, mode: 0o700 });
  const store =
    order.database === undefined
      ? await openFileStore(order.state, { now })
      : await openPostgresStore(order.database, fleet.name, { now });
  const desk = openDesk({ fleet, store, now });
  const server = await startFleetServer({
    ...{ fleet, store, desk, now, tree: order.tree },
    ...{ address: order.address, serverAddress: order.serverAddress },
    ...{ httpPort: order.httpPort, httpsPort: order.httpsPort },
    certificate: await ensureCertificate(order.state, order.serverAddress ?? order.address),
    note: () => undefined,
  });
  const listening = now();
  const look = (): Promise<void> =>
    store.transact((state) => ({
      append: decide(fleet, state, now(), { passing: store.passing(), listening }),
      result: undefined,
    }));
  say({ ready: { httpUrl: server.httpUrl, httpsUrl: server.httpsUrl } });
  return async (question) => {
    if (!('id' in question)) {
      clock.now = Math.max(clock.now, question.now);
      if (clock.now - clock.looked < PERIOD) return;
      clock.looked = clock.now;
      await look();
      return;
    }
    const { id } = question;
    switch (question.ask) {
      case 'status': {
        const waits = countWaits(fleet, store.state(), now());
        say({ id, answer: { status: desk.status(), waits } });
        return;
      }
      case 'act':
        await desk.act(question.action);
        say({ id, answer: undefined });
        return;
      case 'figures': {
        const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
        say({ id, answer: { memory: maxRSS * 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 } });
        return;
      }
      case 'journal': {
        say({ id, answer: await readJournal(order, fleet.name) });
        return;
      }
    }
  };
}

/** All entries in the order in which they were written. */
async function readJournal({ database, state }: ServerOrder, fleet: string): Promise<Entry[]> {
  if (database !== undefined) return readRows(database, fleet);
  const directory = join(state, 'journal');
  const lines: { n: number; entry: Entry }[] = [];
  for (const name of await readdir(directory)) {
    for (const text of (await readFile(join(directory, name), 'utf8')).split('\n')) {
      const line = parseLine(text);
      if (line !== undefined) lines.push(line);
    }
  }
  return lines.sort((a, b) => a.n - b.n).map(({ entry }) => entry);
}

async function readRows(url: string, fleet: string): Promise<Entry[]> {
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ time: string; subject: string; event: string }>(
      'SELECT time, subject, event FROM kronos_fleet_journal WHERE fleet = $1 ORDER BY n',
      [fleet],
    );
    return rows.map(
      ({ time, subject, event }) => ({ time, subject, event: parseEvent(event) }) as Entry,
    );
  } finally {
    await client.end();
  }
}

let take: Promise<(question: ServerQuestion) => Promise<void>> | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const words = JSON.parse(line) as ServerOrder | ServerQuestion;
  const id = 'id' in words ? words.id : undefined;
  const fail = (error: unknown): void => say({ id, error: formatError(error) });
  if (take === undefined) {
    take = serve(words as ServerOrder);
    take.catch(fail);
  } else {
    void take.then((handle) => handle(words)).catch(fail);
  }
}
process.exit(0);
