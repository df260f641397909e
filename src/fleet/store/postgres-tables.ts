// The tables of fleets in PostgreSQL.
import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { KronosError } from '../../common/error.ts';

/** Of the tables; others are refused. */
const VERSION = 1;

/** Any number that nothing else uses: tables are made by one server at a time. */
const MAKING = 7_208_366_011;

/** Texts stay as they were written: jsonb would change them, and refuse some. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS kronos_fleet (
    name text PRIMARY KEY,
    version integer NOT NULL,
    -- Of the last entry of the journal. Whoever decides locks this row.
    sequence bigint NOT NULL,
    secret bytea NOT NULL
  );
  CREATE TABLE IF NOT EXISTS kronos_fleet_journal (
    fleet text NOT NULL REFERENCES kronos_fleet (name) ON DELETE CASCADE,
    n bigint NOT NULL,
    -- The same for entries that were written together, and for no others.
    lot uuid NOT NULL,
    time text NOT NULL,
    subject text NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (fleet, n)
  );
  CREATE INDEX IF NOT EXISTS kronos_fleet_journal_subject
    ON kronos_fleet_journal (fleet, subject, n);
  CREATE TABLE IF NOT EXISTS kronos_fleet_inventory (
    fleet text NOT NULL REFERENCES kronos_fleet (name) ON DELETE CASCADE,
    digest text NOT NULL,
    inventory text NOT NULL,
    PRIMARY KEY (fleet, digest)
  );
`;

/**
 * Makes the tables and the row of the fleet where they are not there, and gives its secret. An account that may only read
 * and write rows is enough once they are.
 * Errors: `io/fleet-database` for tables of another version.
 */
export async function prepareTables(client: Client, fleet: string): Promise<Buffer> {
  const { rows: found } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('kronos_fleet_inventory') IS NOT NULL AS there",
  );
  if (found[0]?.there !== true) {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [MAKING]);
    await client.query(TABLES);
    await client.query('COMMIT');
  }
  await client.query(
    'INSERT INTO kronos_fleet VALUES ($1, $2, 0, $3) ON CONFLICT (name) DO NOTHING',
    [fleet, VERSION, randomBytes(32)],
  );
  const { rows } = await client.query<{ version: number; secret: Buffer }>(
    'SELECT version, secret FROM kronos_fleet WHERE name = $1',
    [fleet],
  );
  const [row] = rows;
  if (row?.version !== VERSION) {
    throw new KronosError(
      'io/fleet-database',
      `the tables of the fleet are of version ${row?.version ?? 0}, not ${VERSION}`,
      { hint: 'use the same version of Kronos on all servers of a fleet' },
    );
  }
  return row.secret;
}
