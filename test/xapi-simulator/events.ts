// event.from: what changed since a token. Records are plain objects, so changes are found by comparing with the last look.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../src/xenapi/message.ts';
import { CLASSES, EMPTY_CLASSES, Refusal, type Database, type DataRecord } from './database.ts';
import { text } from './messages.ts';
import type { Xapi } from './xapi.ts';

interface Seen {
  class: string;
  ref: string;
  created: number;
  changed: number;
  /** JSON of the record; undefined: it is gone. */
  content: string | undefined;
}

/** Sessions have no events, as on the real server. */
const SILENT = new Set(['session']);

/** Milliseconds between two looks while somebody waits. */
const INTERVAL = 20;

/** What is known of the database's past. */
class History {
  generation = 0;
  readonly #seen = new Map<string, Seen>();

  /** Looks at all records and numbers what is new. */
  settle(database: Database): void {
    const present = new Set<string>();
    for (const name of Object.keys(CLASSES)) {
      if (SILENT.has(name)) continue;
      for (const [ref, record] of database.records(name)) {
        present.add(ref);
        this.#look(name, ref, JSON.stringify(record));
      }
    }
    for (const seen of this.#seen.values()) {
      if (seen.content === undefined || present.has(seen.ref)) continue;
      seen.content = undefined;
      seen.changed = this.generation += 1;
    }
  }

  #look(name: string, ref: string, content: string): void {
    const seen = this.#seen.get(ref);
    if (seen?.content === content) return;
    this.generation += 1;
    const created = seen?.content === undefined ? this.generation : seen.created;
    this.#seen.set(ref, { class: name, ref, created, changed: this.generation, content });
  }

  /** Counts a record as changed, which it is not. */
  touch(ref: string): void {
    const seen = this.#seen.get(ref);
    if (seen !== undefined) seen.changed = this.generation += 1;
  }

  /** Newer than a generation, oldest first. */
  since(generation: number, wants: (seen: Seen) => boolean): Seen[] {
    return (
      [...this.#seen.values()]
        .filter((seen) => seen.changed > generation && wants(seen))
        // Of what came and went between two looks nobody hears; of what went, only those who may have known it.
        .filter(
          (seen) => seen.content !== undefined || seen.created <= generation || generation === 0,
        )
        .sort((a, b) => a.changed - b.changed)
    );
  }
}

/** Adds event.from and event.inject to a server. */
export function addEvents(xapi: Xapi): void {
  const history = new History();
  addInject(xapi, history);
  xapi.add('event.from', {
    parameters: [3, 3],
    run: async (_call, classes, token, timeout) => {
      const from = parseToken(text(token));
      const wants = selector(classes as string[]);
      const deadline = performance.now() + Number(timeout) * 1000;
      for (;;) {
        history.settle(xapi.database);
        const found = history.since(from, wants);
        const [last] = found.slice(-1);
        if (found.length > 0 || performance.now() >= deadline) {
          return {
            events: found.map((seen) => toEvent(seen, from)),
            valid_ref_counts: countRecords(xapi.database),
            token: formatToken(last?.changed ?? from),
          };
        }
        await sleep(INTERVAL);
      }
    },
  });
}

/** Adds event.inject: a token from which on the injected event is seen. */
function addInject(xapi: Xapi, history: History): void {
  xapi.add('event.inject', {
    parameters: [2, 2],
    run: (_call, name, ref) => {
      xapi.database.get(text(name), text(ref));
      history.settle(xapi.database);
      history.touch(text(ref));
      return formatToken(history.generation - 1);
    },
  });
}

function parseToken(token: string): number {
  if (token === '') return 0;
  const [, generation] = /^(\d+),\d+$/.exec(token) ?? [];
  if (generation === undefined) throw new Refusal('EVENT_FROM_TOKEN_PARSE_FAILURE', token);
  return Number(generation);
}

function formatToken(generation: number): string {
  return `${String(generation).padStart(20, '0')},${'0'.repeat(20)}`;
}

/** `*`, names of classes in any case, or `class/reference`. */
function selector(classes: readonly string[]): (seen: Seen) => boolean {
  const wanted = classes.map((one) => {
    const [name = '', ref] = one.split('/');
    return { name: name.toLowerCase(), ref };
  });
  return (seen) =>
    wanted.some(
      ({ name, ref }) =>
        name === '*' || (name === seen.class.toLowerCase() && (ref ?? seen.ref) === seen.ref),
    );
}

function toEvent(seen: Seen, from: number): DataRecord {
  const { content } = seen;
  const operation = content === undefined ? 'del' : seen.created > from ? 'add' : 'mod';
  return {
    ...{ id: String(seen.changed), timestamp: '0.0', class: seen.class.toLowerCase() },
    ...{ operation, ref: seen.ref },
    ...(content === undefined ? {} : { snapshot: JSON.parse(content) as Json }),
  };
}

function countRecords(database: Database): DataRecord {
  return Object.fromEntries([
    ...[...EMPTY_CLASSES].map((name) => [name.toLowerCase(), 0] as const),
    ...Object.keys(CLASSES).map(
      (name) => [name.toLowerCase(), database.records(name).size] as const,
    ),
  ]);
}
