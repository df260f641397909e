// The store of several servers, against a real PostgreSQL: they decide at the same time, and servers and database die.
import { randomUUID } from 'node:crypto';
import test from 'ava';
import { formatError, type KronosError } from '../../../src/common/error.ts';
import { isUnderWay } from '../../../src/fleet/state/fold.ts';
import type { Entry } from '../../../src/fleet/state/event.ts';
import { EMPTY_STATE, foldEntry } from '../../../src/fleet/state/fold.ts';
import { openPostgresStore } from '../../../src/fleet/store/postgres.ts';
import type { NewEntry } from '../../../src/fleet/store/store.ts';
import { macOf } from '../fleets.ts';
import { openStore, sayHello, startProgram, testStore, until } from './contract.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';
import { MACHINES, raceFleet } from './race.ts';

let server: PostgresServer;

test.before(async () => {
  server = await startPostgres();
});

test.after.always(() => server.stop());

const newPlace = () => Promise.resolve(['postgres', server.url, randomUUID()]);

testStore(test, 'postgres', newPlace);

test('what one server adds another one sees, and how far machines are', async (t) => {
  const place = await newPlace();
  const one = await openStore(t, place);
  const other = await openStore(t, place);
  const seen: string[] = [];
  other.watch((change) =>
    seen.push('passing' in change ? change.passing.message : `${change.entries.length} entries`),
  );
  await one.transact(() => ({ append: [sayHello(1, 'a'), sayHello(2, 'b')], result: undefined }));
  await until(() => other.state().machines.size === 2);
  const time = new Date().toISOString();
  for (let index = 0; index < 100; index += 1) {
    one.pass({ id: macOf(index), percent: 1, message: 'é'.repeat(500), time, rate: 7 });
  }
  await until(() => other.passing().size === 100);
  t.is(other.passing().get(macOf(5))?.rate, 7);
  t.is(other.passing().get(macOf(5))?.message.length, 200);
  t.is(seen[0], '2 entries');
  t.deepEqual(await one.secret(), await other.secret());
});

/** Reads the whole journal as the table has it. */
async function readJournal(fleet: string): Promise<Entry[]> {
  const text = await server.query(
    `SELECT json_build_object('n', n, 'time', time, 'subject', subject, 'event', event::json)
     FROM kronos_fleet_journal WHERE fleet = '${fleet}' ORDER BY n`,
  );
  const rows = text.split('\n').map((line) => JSON.parse(line) as Entry & { n: number });
  rows.forEach(({ n }, index) => {
    if (n !== index + 1) throw new Error(`entry ${index + 1} is missing`);
  });
  return rows;
}

test.serial(
  'two servers decide on 1,000 machines, one is killed: none is armed twice',
  async (t) => {
    const place = await newPlace();
    const store = await openStore(t, place);
    await store.transact(() => ({
      append: [
        ...Array.from({ length: MACHINES }, (_, index) => sayHello(index, `s${index}`)),
        { subject: 'fleet', event: { type: 'started' } } satisfies NewEntry,
      ],
      result: undefined,
    }));
    const one = startProgram('serve', place);
    const other = startProgram('serve', place);
    const ready = () =>
      [...store.state().machines.values()].filter((machine) => machine.state === 'ready').length;
    await until(() => ready() > MACHINES / 4 || one.errors() !== '');
    one.kill('SIGKILL');
    await one.done;
    t.is(await other.done, 0, other.errors());
    await until(() => ready() === MACHINES);
    const fleet = raceFleet();
    let state = EMPTY_STATE;
    const armed = new Set<string>();
    for (const entry of await readJournal(place[2] ?? '')) {
      state = foldEntry(state, entry);
      if (entry.event.type !== 'armed') continue;
      t.false(armed.has(entry.subject), 'armed twice');
      armed.add(entry.subject);
      const under = [...state.machines.values()].filter(isUnderWay).length;
      if (under > fleet.policy.atOnce) t.fail(`${under} at once`);
    }
    t.is(armed.size, MACHINES);
  },
);

test.serial('whatever dies under it, every decision is kept once', async (t) => {
  const notes: string[] = [];
  const store = await openStore(t, await newPlace(), (text) => notes.push(text));
  let running = true;
  const decided: string[] = [];
  const workers = Array.from({ length: 4 }, async (_, worker) => {
    for (let count = 0; running; count += 1) {
      const serial = `${worker}-${count}`;
      await store.transact(() => ({ append: [sayHello(worker, serial)], result: undefined }));
      decided.push(serial);
    }
  });
  for (let round = 0; round < 40; round += 1) {
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'kronos-fleet' AND random() < 0.6`,
    );
    if (round === 20) await server.crash();
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
  }
  running = false;
  await Promise.all(workers);
  const kept: string[] = [];
  for (let worker = 0; worker < 4; worker += 1) {
    for (const { event } of await store.history(macOf(worker))) {
      if (event.type === 'seen') kept.push(event.facts['serial'] ?? '');
    }
  }
  t.true(decided.length > 20);
  t.deepEqual(kept.sort(), decided.sort());
  t.regex(notes.join('\n'), /the database kronos at .* does not answer: .*; trying again/);
  t.regex(notes.join('\n'), /the database kronos at .* answers again/);
});

test('passwords are in no message, and what helps is', async (t) => {
  const password = 'sw0rd%2Ffish';
  const refused = await t.throwsAsync<KronosError>(
    openPostgresStore(server.tcpUrl(password), 'fleet'),
  );
  t.is(refused.code, 'io/fleet-database');
  t.regex(refused.message, /the database kronos at 127[.]0[.]0[.]1:\d+ refuses/);
  const wrong = await t.throwsAsync<KronosError>(
    openPostgresStore(`postgresql://kronos:${password}@[::1:99/x`, 'fleet'),
  );
  t.is(wrong.code, 'input/fleet-database');
  const other = await t.throwsAsync<KronosError>(
    openPostgresStore(`mysql://kronos:${password}@localhost/x`, 'fleet'),
  );
  t.is(other.code, 'input/fleet-database');
  const shown = [refused, wrong, other].map((error) => formatError(error)).join('\n');
  t.notRegex(shown, /sw0rd/);
});

test('an account that may only read and write rows is enough once the tables are there', async (t) => {
  const place = await newPlace();
  await openStore(t, place);
  await server.query(`
    DROP ROLE IF EXISTS clerk;
    CREATE ROLE clerk LOGIN;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT SELECT, INSERT, UPDATE ON kronos_fleet, kronos_fleet_journal, kronos_fleet_inventory TO clerk`);
  const url = server.url.replace('//kronos@', '//clerk@');
  const store = await openStore(t, ['postgres', url, place[2] ?? '']);
  await store.transact(() => ({ append: [sayHello(1, 'a')], result: undefined }));
  t.is(store.state().machines.size, 1);
});

test('tables of another version are refused', async (t) => {
  const place = await newPlace();
  await (await openStore(t, place)).close();
  await server.query(`UPDATE kronos_fleet SET version = 2 WHERE name = '${place[2] ?? ''}'`);
  const error = await t.throwsAsync<KronosError>(openPostgresStore(server.url, place[2] ?? ''));
  t.is(error.message, 'the tables of the fleet are of version 2, not 1');
});
