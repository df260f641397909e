// What servers that share a fleet tell each other: that there are new entries, and how far machines are.
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import * as z from 'zod';
import type { MachineId } from '../state/event.ts';
import { createLink, type Link } from './postgres-link.ts';
import type { Passing, Store } from './store.ts';
import { createNews } from './turns.ts';

/** On which all fleets of a database are told of. */
export const CHANNEL = 'kronos_fleet';

/** Milliseconds between two messages about how far machines are. */
const GATHER = 500;

/** Milliseconds after which a server looks by itself: a connection may die without a word. */
const LOOK = 15_000;

/** PostgreSQL takes 8,000 bytes. */
const MESSAGE = 7500;

/** Characters of a text that goes along. */
const TEXT = 200;

const noticeSchema = z.object({
  fleet: z.string(),
  from: z.string(),
  n: z.number().optional(),
  passing: z
    .array(
      z.object({
        ...{ id: z.string(), percent: z.number(), message: z.string(), time: z.string() },
        ...{ bytes: z.number().optional(), total: z.number().optional() },
        rate: z.number().optional(),
      }),
    )
    .optional(),
});

export interface PostgresNewsOptions {
  url: string;
  note: (text: string) => void;
  fleet: string;
  /** Reads what is new. */
  catchUp: (client: Client) => Promise<void>;
  /** Number of the last entry that is known. */
  sequence: () => number;
}

export interface PostgresNews {
  /** Of this server, among those that share the fleet. */
  id: string;
  passing: ReadonlyMap<MachineId, Passing>;
  tell: ReturnType<typeof createNews>['tell'];
  watch: Store['watch'];
  pass: Store['pass'];
  /** The connection is also good for reading and writing what is no decision. */
  use: Link['use'];
  close: () => Promise<void>;
}

/** Listens from the first use of the connection on. */
export async function openPostgresNews(options: PostgresNewsOptions): Promise<PostgresNews> {
  const { url, note, fleet, catchUp, sequence } = options;
  const id = randomUUID();
  const news = createNews();
  let closed = false;
  let looking: Promise<void> | undefined;
  let again = false;
  const lookOnce = async (): Promise<void> => {
    again = false;
    await link.use(catchUp);
  };
  const look = (): void => {
    // What was committed while one look is under way may have come too late for it.
    again = true;
    if (closed) return;
    looking ??= lookOnce()
      .catch((error: unknown) => {
        // The next look is made in a while; what decides reads for itself.
        if (!closed) note(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        looking = undefined;
        if (again) look();
      });
  };
  const link = await createLink({
    ...{ url, note },
    prepare: async (client) => {
      await client.query(`LISTEN ${CHANNEL}`);
    },
    onNotification: ({ payload = '' }) => {
      const notice = readNotice(payload);
      if (notice === undefined || notice.fleet !== fleet || notice.from === id) return;
      for (const passing of notice.passing ?? []) news.tell({ passing });
      if (notice.n !== undefined && notice.n > sequence()) look();
    },
    // The next connection listens again, and what was said in between is looked up.
    onLost: () => setTimeout(look, GATHER).unref(),
  });
  const timer = setInterval(look, LOOK).unref();

  const outbox = new Map<MachineId, Passing>();
  let sending: NodeJS.Timeout | undefined;
  const flush = async (): Promise<void> => {
    const waiting = [...outbox.values()];
    outbox.clear();
    sending = undefined;
    for (const passing of pack(waiting)) {
      const text = JSON.stringify({ fleet, from: id, passing });
      await link.use((client) => client.query('SELECT pg_notify($1, $2)', [CHANNEL, text]));
    }
  };
  return {
    ...{ id, passing: news.passing, tell: news.tell, watch: news.watch, use: link.use },
    pass: (passing) => {
      news.tell({ passing });
      outbox.set(passing.id, { ...passing, message: passing.message.slice(0, TEXT) });
      // How far a machine was may be lost.
      sending ??= setTimeout(() => void flush().catch(() => undefined), GATHER).unref();
    },
    close: async () => {
      closed = true;
      clearInterval(timer);
      clearTimeout(sending);
      await link.close();
    },
  };
}

/** As many in a message as there is room for. */
function* pack(waiting: readonly Passing[]): Generator<Passing[]> {
  let lot: Passing[] = [];
  let size = 0;
  for (const passing of waiting) {
    const more = Buffer.byteLength(JSON.stringify(passing)) + 1;
    if (size + more > MESSAGE - 200 && lot.length > 0) {
      yield lot;
      [lot, size] = [[], 0];
    }
    lot.push(passing);
    size += more;
  }
  if (lot.length > 0) yield lot;
}

/** Anybody who may connect to the database can send on the channel. */
function readNotice(text: string): z.output<typeof noticeSchema> | undefined {
  try {
    return noticeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
