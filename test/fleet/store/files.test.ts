// The store of one server: what the disk may look like after a crash, and what it must not.
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { KronosError } from '../../../src/common/error.ts';
import { openFileStore } from '../../../src/fleet/store/files.ts';
import type { Store } from '../../../src/fleet/store/store.ts';
import { macOf } from '../fleets.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { openStore, sayHello, testStore } from './contract.ts';

testStore(test, 'files', async (t) => ['files', join(await temporaryDirectory(t), 'state')]);

const FIRST = '52-54-00-00-00-01.jsonl';
const SECOND = '52-54-00-00-00-02.jsonl';

/** A journal with entries 1 (first machine), 2 (second), 3 and 4 (first, second; together), 5 (first). */
async function fill(store: Store): Promise<void> {
  const add = (...indices: number[]) =>
    store.transact(() => ({
      append: indices.map((index) => sayHello(index, 'x')),
      result: undefined,
    }));
  await add(1);
  await add(2);
  await add(1, 2);
  await add(1);
  await store.close();
}

async function filled(t: Parameters<typeof temporaryDirectory>[0]) {
  const state = await temporaryDirectory(t);
  await fill(await openFileStore(state));
  const notes: string[] = [];
  return {
    state,
    journal: join(state, 'journal'),
    notes,
    note: (text: string) => notes.push(text),
  };
}

for (const [what, tail] of [
  ['only begun', '{"n":6,"lot":6,"time":"2026'],
  ['not there though the file is as long', '\0\0\0\0\0\0'],
]) {
  test(`a last line that is ${what} is dropped, and that is said`, async (t) => {
    const { state, journal, notes, note } = await filled(t);
    const before = await readFile(join(journal, FIRST), 'utf8');
    await appendFile(join(journal, FIRST), tail ?? '');
    const store = await openStore(t, ['files', state], note);
    t.regex(notes.join('\n'), /52-54-00-00-00-01.jsonl: its last line was only begun/);
    t.is(await readFile(join(journal, FIRST), 'utf8'), before);
    await store.transact(() => ({ append: [sayHello(1, 'next')], result: undefined }));
    await store.close();
    const again = await openStore(t, ['files', state], note);
    t.is((await again.history(macOf(1))).length, 4);
    t.is(notes.length, 1);
  });
}

test('a damaged line in the middle is an error with its place', async (t) => {
  const { state, journal } = await filled(t);
  const lines = (await readFile(join(journal, FIRST), 'utf8')).split('\n');
  lines[1] = (lines[1] ?? '').replace('"subject"', 'subject');
  await writeFile(join(journal, FIRST), lines.join('\n'));
  const error = await t.throwsAsync<KronosError>(openFileStore(state));
  t.is(error.code, 'io/fleet-journal');
  t.deepEqual(error.location, { file: join(journal, FIRST), line: 2 });
  // It is locked no more.
  await t.throwsAsync(openFileStore(state), { message: error.message });
});

test('what of a lot was written without what came before it is dropped', async (t) => {
  const { state, journal, notes, note } = await filled(t);
  const cut = async (name: string, keep: number): Promise<void> => {
    const lines = (await readFile(join(journal, name), 'utf8')).split('\n');
    await writeFile(join(journal, name), `${lines.slice(0, keep).join('\n')}\n`);
  };
  // Entries 3 and 5 are gone: 4 was written together with 3.
  await cut(FIRST, 1);
  const store = await openStore(t, ['files', state], note);
  t.deepEqual(notes.length, 1);
  t.regex(notes[0] ?? '', /52-54-00-00-00-02.jsonl: entry 4 was written without those before it/);
  t.is((await store.history(macOf(2))).length, 1);
  await store.transact(() => ({ append: [sayHello(2, 'next')], result: undefined }));
  t.regex(await readFile(join(journal, SECOND), 'utf8'), /\n\{"n":3,"lot":3,.*next/);
});

test('a file that is gone is an error, and so is an entry that stands twice', async (t) => {
  const { state, journal } = await filled(t);
  await rename(join(journal, SECOND), join(state, 'aside'));
  const error = await t.throwsAsync<KronosError>(openFileStore(state));
  t.is(error.code, 'io/fleet-journal');
  t.is(error.message, 'entry 2 is missing, later ones are there');
  await rename(join(state, 'aside'), join(journal, SECOND));
  await appendFile(join(journal, SECOND), await readFile(join(journal, SECOND)));
  await t.throwsAsync(openFileStore(state), { message: 'entry 2 stands twice' });
});

test('what cannot be written is not there, and the next is', async (t) => {
  const { state, journal } = await filled(t);
  const store = await openStore(t, ['files', state]);
  // A directory in the place of a new file stands for a disk that fails.
  await mkdir(join(journal, '52-54-00-00-00-03.jsonl'));
  const before = await readFile(join(journal, FIRST), 'utf8');
  const add = (...indices: number[]) =>
    store.transact(() => ({
      append: indices.map((index) => sayHello(index, 'y')),
      result: undefined,
    }));
  const error = await t.throwsAsync<KronosError>(add(1, 3));
  t.is(error.class, 'io');
  t.is(await readFile(join(journal, FIRST), 'utf8'), before);
  t.is(store.state().machines.size, 2);
  await rm(join(journal, '52-54-00-00-00-03.jsonl'), { recursive: true });
  await t.throwsAsync(add(1), undefined, 'what is on the disk is not known any more');
  await store.close();
  const again = await openStore(t, ['files', state]);
  t.is(again.state().machines.size, 2);
});

test('one server at a time has a directory, and nobody else reads what is in it', async (t) => {
  const state = join(await temporaryDirectory(t), 'state');
  const store = await openStore(t, ['files', state]);
  const error = await t.throwsAsync<KronosError>(openFileStore(state));
  t.is(error.code, 'io/fleet-locked');
  await store.transact(() => ({ append: [sayHello(1, 'x')], result: undefined }));
  await store.keepInventory('e'.repeat(64), '{}');
  t.is((await stat(state)).mode & 0o77, 0);
  for (const name of [
    'secret',
    'journal',
    `journal/${FIRST}`,
    `inventories/${'e'.repeat(64)}.json`,
  ]) {
    t.is((await stat(join(state, name))).mode & 0o77, 0, name);
  }
  await store.close();
  t.deepEqual((await readdir(state)).sort(), ['inventories', 'journal', 'secret']);
  await t.throwsAsync(store.keepInventory('../../etc/passwd', ''), { instanceOf: TypeError });
});
