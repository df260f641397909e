// What every store must do, whatever it keeps its journal in.
import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import { start, followLines } from '../../../src/common/process.ts';
import type { Change, NewEntry, Store } from '../../../src/fleet/store/store.ts';
import { macOf } from '../fleets.ts';
import { openNamed } from './programs/open.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');

/** A program of the tests that runs beside us until it ends or is killed. */
export function startProgram(name: string, place: readonly string[]) {
  const lines: string[] = [];
  const child = start([process.execPath, join(PROGRAMS, `${name}.js`), ...place]);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  followLines(child.stdout, (line) => lines.push(line));
  return { ...child, lines, errors: () => errors };
}

export function sayHello(index: number, serial: string): NewEntry {
  const event = { type: 'seen', facts: { serial }, inventory: '0'.repeat(64) } as const;
  return { subject: macOf(index), event };
}

/** A store that is closed with the test. */
export async function openStore(
  t: ExecutionContext,
  place: readonly string[],
  note?: (text: string) => void,
): Promise<Store> {
  const store = await openNamed(place, note);
  t.teardown(() => store.close());
  return store;
}

/** Waits until something holds; 10 s at the most. */
export async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come to be');
}

/** Adds the tests; `makePlace` gives a new place for a store, as the programs are told it. */
export function testStore(
  test: TestFn,
  name: string,
  makePlace: (t: ExecutionContext) => Promise<string[]>,
): void {
  test(`${name}: what is decided is kept, with its time and in its order`, async (t) => {
    const place = await makePlace(t);
    const store = await openStore(t, place);
    const changes: Change[] = [];
    const end = store.watch((change) => changes.push(change));
    const result = await store.transact((state) => {
      t.is(state.machines.size, 0);
      return { append: [sayHello(1, 'a'), sayHello(2, 'b')], result: 'well' };
    });
    t.is(result, 'well');
    t.is(store.state().machines.get(macOf(2))?.appeared, 2);
    await store.transact(() => ({
      append: [{ subject: 'fleet', event: { type: 'started' } }, sayHello(1, 'c')],
      result: undefined,
    }));
    await until(() => changes.length === 2);
    t.is(changes.flatMap((change) => ('entries' in change ? change.entries : [])).length, 4);
    end();
    const history = await store.history(macOf(1));
    t.deepEqual(
      history.map(({ event }) => (event.type === 'seen' ? event.facts['serial'] : event.type)),
      ['a', 'c'],
    );
    t.regex(history[0]?.time ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.]\d{3}Z$/);
    t.is((await store.history('fleet')).length, 1);
    t.deepEqual(await store.history(macOf(9)), []);
    const before = store.state();
    await store.close();
    await t.throwsAsync(
      store.transact(() => ({ append: [], result: undefined })),
      { code: 'io/fleet-store' } as never,
    );
    const again = await openStore(t, place);
    t.deepEqual([...again.state().machines], [...before.machines]);
    t.deepEqual(again.state().fleet, before.fleet);
  });

  test(`${name}: decisions at once see each other, and one that throws adds nothing`, async (t) => {
    const store = await openStore(t, await makePlace(t));
    const ends = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, index) =>
        store.transact((state) => {
          if (index % 10 === 9) throw new Error(`no ${index}`);
          return { append: [sayHello(index, 'x')], result: state.machines.size };
        }),
      ),
    );
    const seen = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    t.deepEqual(
      seen,
      Array.from({ length: 900 }, (_, index) => index),
    );
    t.is(store.state().machines.size, 900);
    const [failed] = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as Error] : [],
    );
    t.is(failed?.message, 'no 9');
  });

  test(`${name}: inventories and the secret stay, how far machines are passes`, async (t) => {
    const place = await makePlace(t);
    const store = await openStore(t, place);
    const digest = 'd'.repeat(64);
    t.is(await store.readInventory(digest), undefined);
    await store.keepInventory(digest, '{"nul":"\\u0000"}');
    await store.keepInventory(digest, '{"nul":"\\u0000"}');
    const secret = await store.secret();
    t.is(secret.length, 32);
    await store.transact(() => ({ append: [sayHello(1, 'a')], result: undefined }));
    const passing = {
      id: macOf(1),
      percent: 5,
      message: 'copying',
      time: new Date().toISOString(),
    };
    store.pass(passing);
    t.deepEqual(store.passing().get(macOf(1)), passing);
    await store.transact(() => ({
      append: [{ subject: macOf(1), event: { type: 'retry', reinstall: false } }],
      result: undefined,
    }));
    t.is(store.passing().size, 0);
    await store.close();
    const again = await openStore(t, place);
    t.is(await again.readInventory(digest), '{"nul":"\\u0000"}');
    t.deepEqual(await again.secret(), secret);
  });

  test(`${name}: a server that is killed in the middle has kept all that it said`, async (t) => {
    const place = await makePlace(t);
    // Once is luck: each goes on where the one before was killed, and leaves what that one had kept.
    const earlier = new Map<number, string[]>();
    const sinceKill = (index: number, serials: string[]): string[] => {
      const before = earlier.get(index) ?? [];
      t.deepEqual(serials.slice(0, before.length), before);
      earlier.set(index, serials);
      return serials.slice(before.length);
    };
    for (let round = 1; round <= 3; round += 1) {
      const program = startProgram('append', place);
      await until(() => program.lines.length > 150 * round || program.errors() !== '');
      program.kill('SIGKILL');
      await program.done;
      t.is(program.errors(), '');
      const store = await openStore(t, place);
      for (let worker = 0; worker < 20; worker += 1) {
        const own = sinceKill(worker, await readSerials(store, worker));
        const said = program.lines.filter((line) => line.startsWith(`${worker}-`));
        t.deepEqual(own.slice(0, said.length), said);
        t.true(own.length <= said.length + 1, 'no more than what was under way');
        // The second entry of a decision may be lost only where nobody was told of it.
        const other = sinceKill(100 + worker, await readSerials(store, 100 + worker));
        t.deepEqual(other, own.slice(0, other.length));
        t.true(other.length >= said.length && own.length - other.length <= 1);
      }
      await store.close();
    }
  });
}

async function readSerials(store: Store, index: number): Promise<string[]> {
  const history = await store.history(macOf(index));
  return history.map(({ event }) => (event.type === 'seen' ? (event.facts['serial'] ?? '') : ''));
}
