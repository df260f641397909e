// The store of several servers that share a fleet: its journal in PostgreSQL, one row of which is locked by whoever decides.
import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { KronosError } from '../../common/error.ts';
import type { Entry } from '../state/event.ts';
import { EMPTY_STATE, foldEntry } from '../state/fold.ts';
import { closedError } from './files.ts';
import { parseEvent } from './line.ts';
import { createLink } from './postgres-link.ts';
import { prepareTables } from './postgres-tables.ts';
import { CHANNEL, openPostgresNews } from './postgres-news.ts';
import type { Store } from './store.ts';
import { decideInTurn, laterTime, takeTurns, type Outcome, type Waiting } from './turns.ts';

export interface PostgresStoreOptions {
  /** Told when the database stops to answer, and when it answers again. */
  note?: ((text: string) => void) | undefined;
  /** Milliseconds since 1970 (default: the database's clock, the one that all servers share). */
  now?: (() => number) | undefined;
}

interface Row {
  n: string;
  lot: string;
  time: string;
  subject: string;
  event: string;
}

/** Entries that are read at once. */
const CHUNK = 5000;

/** As entries have it: of all servers the one clock that they share. */
const NOW = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** One statement, so that it is one way to the database and back. */
const WRITE = `
  WITH entries AS (
    INSERT INTO kronos_fleet_journal (fleet, n, lot, time, subject, event)
    SELECT $1::text, n, $2::uuid, time, subject, event
    FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) AS e (n, time, subject, event)
  ), last AS (
    UPDATE kronos_fleet SET sequence = $7::bigint WHERE name = $1::text
  )
  SELECT pg_notify('${CHANNEL}', $8::text)`;

/**
 * Opens the store of a fleet in a database, where the tables are made if they are not there.
 * Errors: `input/fleet-database` for what is no URL, `io/fleet-database` where the database does not answer or refuses.
 * No message has the password of the URL.
 */
export async function openPostgresStore(
  url: string,
  fleetName: string,
  options: PostgresStoreOptions = {},
): Promise<Store> {
  const note = options.note ?? (() => undefined);
  let state = EMPTY_STATE;
  let sequence = 0;
  let lastTime: string | undefined;
  let closed = false;
  /** A lot of which nobody knows whether it was committed when the connection died, until its rows are seen. */
  let doubtful: { lot: string; outcome: Outcome; kept: boolean } | undefined;

  /** Takes in rows in their order; those that are known already change nothing. */
  const advance = (rows: readonly Row[]): void => {
    const entries: Entry[] = [];
    for (const row of rows) {
      if (Number(row.n) !== sequence + 1) continue;
      const entry = readRow(row);
      state = foldEntry(state, entry);
      sequence += 1;
      lastTime = entry.time;
      if (doubtful?.lot === row.lot) doubtful.kept = true;
      entries.push(entry);
    }
    if (entries.length > 0) news.tell({ entries });
  };
  const catchUp = async (client: Client): Promise<void> => {
    for (;;) {
      const { rows } = await client.query<Row>(
        `SELECT n, lot, time, subject, event FROM kronos_fleet_journal
         WHERE fleet = $1 AND n > $2 ORDER BY n LIMIT ${CHUNK}`,
        [fleetName, sequence],
      );
      advance(rows);
      if (rows.length < CHUNK) return;
    }
  };
  const writer = await createLink({ url, note });
  const news = await openPostgresNews({
    ...{ url, note, fleet: fleetName, catchUp },
    sequence: () => sequence,
  });

  const decideLot = async (client: Client, lot: readonly Waiting[]): Promise<Outcome> => {
    await client.query('BEGIN');
    const { rows } = await client.query<{ sequence: string; now: string }>(
      `SELECT sequence, ${NOW} AS now FROM kronos_fleet WHERE name = $1 FOR UPDATE`,
      [fleetName],
    );
    const [row] = rows;
    if (row === undefined) throw gone(fleetName);
    if (Number(row.sequence) > sequence) await catchUp(client);
    if (Number(row.sequence) !== sequence) throw gone(fleetName);
    if (doubtful?.kept === true) {
      await client.query('ROLLBACK');
      return doubtful.outcome;
    }
    const own = options.now?.();
    const time = laterTime(own === undefined ? row.now : new Date(own).toISOString(), lastTime);
    const outcome = decideInTurn(lot, state, time);
    const { entries } = outcome;
    if (entries.length === 0) {
      await client.query('ROLLBACK');
      return outcome;
    }
    const id = randomUUID();
    const numbers = entries.map((_, index) => sequence + 1 + index);
    const last = sequence + entries.length;
    const texts = entries.map(({ event }) => JSON.stringify(event));
    const subjects = entries.map(({ subject }) => subject);
    const notice = JSON.stringify({ fleet: fleetName, from: news.id, n: last });
    await client.query(WRITE, [
      ...[fleetName, id, numbers, entries.map((entry) => entry.time), subjects, texts],
      ...[last, notice],
    ]);
    doubtful = { lot: id, outcome, kept: false };
    await client.query('COMMIT');
    advance(
      entries.map(({ time, subject }, index) => ({
        ...{ n: String(numbers[index]), lot: id, time, subject, event: texts[index] ?? '' },
      })),
    );
    return outcome;
  };
  const turns = takeTurns(async (lot) => {
    doubtful = undefined;
    const outcome = await writer.use((client) => decideLot(client, lot));
    outcome.settle();
  });
  let secret: Buffer;
  try {
    secret = await news.use((client) => prepareTables(client, fleetName));
    await news.use(catchUp);
  } catch (error) {
    await Promise.all([news.close(), writer.close()]);
    throw error;
  }
  return {
    state: () => state,
    passing: () => news.passing,
    transact: (work) => (closed ? Promise.reject(closedError()) : turns.transact(work)),
    pass: news.pass,
    history: (subject) =>
      news.use(async (client) => {
        const { rows } = await client.query<Row>(
          `SELECT n, lot, time, subject, event FROM kronos_fleet_journal
           WHERE fleet = $1 AND subject = $2 ORDER BY n`,
          [fleetName, subject],
        );
        return rows.map(readRow);
      }),
    watch: news.watch,
    keepInventory: (digest, text) =>
      news.use(async (client) => {
        await client.query(
          'INSERT INTO kronos_fleet_inventory VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
          [fleetName, digest, text],
        );
      }),
    readInventory: (digest) =>
      news.use(async (client) => {
        const { rows } = await client.query<{ inventory: string }>(
          'SELECT inventory FROM kronos_fleet_inventory WHERE fleet = $1 AND digest = $2',
          [fleetName, digest],
        );
        return rows[0]?.inventory;
      }),
    secret: () => Promise.resolve(secret),
    close: async () => {
      if (closed) return;
      closed = true;
      await turns.idle();
      await Promise.all([news.close(), writer.close()]);
    },
  };
}

function readRow({ n, time, subject, event: text }: Row): Entry {
  const event = parseEvent(text);
  if (event === undefined) {
    throw new KronosError('io/fleet-journal', `entry ${n} of the journal in the database is none`, {
      hint: 'all servers of a fleet must be of one version; else put the table back from a copy',
    });
  }
  return { time, subject, event } as Entry;
}

/** The database is not the one that it was. */
function gone(fleet: string): KronosError {
  return new KronosError(
    'io/fleet-database',
    `the journal of the fleet ${fleet} in the database is shorter than it was`,
    { hint: 'was it put back from a copy? Start all servers of the fleet again' },
  );
}
