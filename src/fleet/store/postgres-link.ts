// A connection to PostgreSQL that comes back by itself, and what is said of one that does not.
import type { Client, Notification } from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import { KronosError, systemCode } from '../../common/error.ts';

export interface LinkOptions {
  url: string;
  /** Told when the database stops to answer, and when it answers again. */
  note: (text: string) => void;
  /** Called with every new connection before it is used. */
  prepare?: ((client: Client) => Promise<void>) | undefined;
  onNotification?: ((notification: Notification) => void) | undefined;
  /** Called when a connection was lost, or none can be had. */
  onLost?: (() => void) | undefined;
}

export interface Link {
  /**
   * Works with the connection. Where it is lost, `work` is called again with the next one, and finds out for itself
   * whether what it did last was done.
   * Errors: `io/fleet-database` after half a minute without an answer, or at once where trying again helps nothing.
   */
  use: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
}

/** Milliseconds for which a connection is tried to be had. */
const PATIENCE = 30_000;

/** Milliseconds. */
const PAUSES = [50, 200, 500, 1000, 2000];

/**
 * How every session is: one that was left in the middle of a decision by a server that vanished from the network must not
 * keep the others waiting for the hours that TCP would take.
 */
const SETTINGS = [
  '-c idle_in_transaction_session_timeout=10000',
  '-c statement_timeout=60000',
  '-c lock_timeout=30000',
  '-c synchronous_commit=on',
  '-c timezone=UTC',
].join(' ');

/** A connection that is made when it is needed. */
export async function createLink(options: LinkOptions): Promise<Link> {
  const { default: pg } = await import('pg');
  const make = (): Client => {
    try {
      return new pg.Client({
        connectionString: options.url,
        options: SETTINGS,
        connectionTimeoutMillis: 5000,
        query_timeout: 70_000,
        keepAlive: true,
        application_name: 'kronos-fleet',
      });
    } catch {
      // What is said of it would repeat it, and it may hold a password.
      throw badUrl();
    }
  };
  if (!/^postgres(?:ql)?:\/\//.test(options.url)) throw badUrl();
  const explain = explainer(make());
  let closed = false;
  let lost = false;

  const connect = (): Connection => {
    const client = make();
    const drop = (): void => {
      if (slot !== connection) return;
      slot = undefined;
      client.end().catch(() => undefined);
      if (!closed) options.onLost?.();
    };
    client.on('error', drop);
    client.on('end', drop);
    if (options.onNotification !== undefined) client.on('notification', options.onNotification);
    const ready = async (): Promise<void> => {
      await client.connect();
      await options.prepare?.(client);
      if (lost) options.note(`the database ${explain.where} answers again`);
      lost = false;
    };
    const connection: Connection = { client, drop, ready: ready() };
    // Whoever waits for it hears of it; nobody else has to.
    connection.ready.catch(() => undefined);
    return connection;
  };
  let slot: Connection | undefined;
  return {
    use: async (work) => {
      // Counted from the first failure: a lock may have been waited for long before.
      let until: number | undefined;
      for (let attempt = 0; ; attempt += 1) {
        if (closed) throw explain.error(new Error('the connection was closed'));
        const connection = (slot ??= connect());
        try {
          await connection.ready;
          return await work(connection.client);
        } catch (error) {
          // It may be in the middle of a transaction, so it is not used again in any case.
          connection.drop();
          if (error instanceof KronosError) throw error;
          const kind = kindOf(error);
          until ??= performance.now() + PATIENCE;
          if (kind === 'final' || performance.now() > until) throw explain.error(error);
          if (kind === 'lost' && !lost) {
            lost = true;
            options.note(`${explain.error(error).message}: ${explain.reason(error)}; trying again`);
          }
          await sleep(PAUSES[Math.min(attempt, PAUSES.length - 1)]);
        }
      }
    },
    close: async () => {
      closed = true;
      const connection = slot;
      await connection?.ready.catch(() => undefined);
      await connection?.client.end().catch(() => undefined);
    },
  };
}

interface Connection {
  client: Client;
  /** Gives it up; the next one is made when it is needed. */
  drop: () => void;
  ready: Promise<void>;
}

/** What an error means for the next try. */
function kindOf(error: unknown): 'lost' | 'again' | 'final' {
  const state = sqlState(error);
  // Not the database itself: the socket, or the driver about it.
  if (state === undefined) return 'lost';
  if (['40001', '40P01', '55P03'].includes(state)) return 'again';
  // Connections, shutting down and starting, too many clients, a session that stood still for too long.
  if (/^(?:08|57P0|53300|25P03)/.test(state)) return 'lost';
  return 'final';
}

/** Five characters of the database, where it is the one that speaks. */
function sqlState(error: unknown): string | undefined {
  const code = systemCode(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object)
    ? code
    : undefined;
}

function explainer(client: Client) {
  const { host, port, database = '', password } = client;
  const where = host.startsWith('/') ? `${database} at ${host}` : `${database} at ${host}:${port}`;
  const secrets = [password, encodeURIComponent(password ?? '')].filter(
    (text) => text !== undefined && text !== '',
  );
  const reason = (error: unknown): string => {
    const text = error instanceof AggregateError ? error.errors.map(String).join('; ') : undefined;
    const message = text ?? (error instanceof Error ? error.message : String(error));
    return secrets.reduce((shown: string, secret = '') => shown.replaceAll(secret, '***'), message);
  };
  return {
    where,
    reason,
    error: (error: unknown): KronosError =>
      kindOf(error) === 'final'
        ? new KronosError('io/fleet-database', `the database ${where} refuses`, {
            hint: 'look at the user, the password and the rights that it has there',
            cause: new Error(reason(error)),
          })
        : new KronosError('io/fleet-database', `the database ${where} does not answer`, {
            hint: 'look whether it runs and can be reached from here; what was not kept was not done either',
            cause: new Error(reason(error)),
          }),
  };
}

function badUrl(): KronosError {
  return new KronosError('input/fleet-database', 'this is no URL of a PostgreSQL database', {
    hint: 'it looks like postgresql://kronos@db.example.net/kronos; the password may stand in ~/.pgpass',
  });
}
