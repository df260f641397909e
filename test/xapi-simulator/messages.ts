// Messages by name: what every class has, and what the parts of the simulator add.
import type { Json } from '../../src/xenapi/message.ts';
import { CLASSES, EMPTY_CLASSES, Refusal, type Database, type DataRecord } from './database.ts';

/** What a call sees. */
export interface Call<Server> {
  server: Server;
  /** Reference of the session. */
  session: string;
}

export interface Message<Server> {
  /** Parameters without the session: at least, and at most. */
  parameters: readonly [least: number, most: number];
  run: (call: Call<Server>, ...parameters: Json[]) => Json | Promise<Json>;
  /** Accessors have no asynchronous form. */
  accessor?: boolean;
}

export type Messages<Server> = Map<string, Message<Server>>;

/** The text of a parameter that must be one. */
export function text(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const got = value === null || value === undefined ? 'N' : `I(${JSON.stringify(value)})`;
  throw new Refusal('INTERNAL_ERROR', `Failure("Expected string, got '${got}'")`);
}

/** A value as a text, whatever it is. */
export function shown(value: Json | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Getters and setters of all classes. */
export function accessors<Server extends { database: Database }>(): Messages<Server> {
  const messages: Messages<Server> = new Map();
  const add = (
    name: string,
    count: number,
    run: (database: Database, ...parameters: Json[]) => Json,
  ): void => {
    messages.set(name, {
      parameters: [count, count],
      run: ({ server }, ...parameters) => run(server.database, ...parameters),
      accessor: true,
    });
  };
  for (const name of EMPTY_CLASSES) {
    add(`${name}.get_all`, 0, () => []);
    add(`${name}.get_all_records`, 0, () => ({}));
    add(`${name}.get_all_records_where`, 1, () => ({}));
  }
  for (const [name, { fields, settable }] of Object.entries(CLASSES)) {
    if (name !== 'session') addLists(name, fields, add);
    add(`${name}.get_record`, 1, (database, ref) => database.get(name, text(ref)));
    for (const field of Object.keys(fields))
      add(`${name}.get_${field}`, 1, (database, ref) => database.get(name, text(ref))[field] ?? '');
    for (const field of settable) addSetters(name, field, fields[field] ?? '', add);
  }
  return messages;
}

type Add = (
  name: string,
  count: number,
  run: (database: Database, ...parameters: Json[]) => Json,
) => void;

function addLists(name: string, fields: DataRecord, add: Add): void {
  const all = (database: Database): Json => Object.fromEntries(database.records(name));
  add(`${name}.get_all`, 0, (database) => [...database.records(name).keys()]);
  add(`${name}.get_all_records`, 0, all);
  add(`${name}.get_all_records_where`, 1, (database, query) => {
    const conditions = [...text(query).matchAll(/field "(\w+)"\s*=\s*"([^"]*)"/g)];
    if (conditions.length === 0)
      throw new Refusal('INVALID_VALUE', text(query), 'Failure("lexing: empty token")');
    const records = [...database.records(name)].filter(([, record]) =>
      conditions.every(([, field = '', value]) => shown(record[field]) === value),
    );
    return Object.fromEntries(records);
  });
  const find = (database: Database, field: string, value: Json | undefined): string[] => {
    const wanted = text(value);
    return [...database.records(name)]
      .filter(([, record]) => record[field] === wanted)
      .map(([ref]) => ref);
  };
  if ('uuid' in fields) {
    add(`${name}.get_by_uuid`, 1, (database, uuid) => {
      const [ref] = find(database, 'uuid', uuid);
      if (ref === undefined) throw new Refusal('UUID_INVALID', name, text(uuid));
      return ref;
    });
  }
  if ('name_label' in fields)
    add(`${name}.get_by_name_label`, 1, (database, label) => find(database, 'name_label', label));
}

function addSetters(name: string, field: string, initial: Json, add: Add): void {
  add(`${name}.set_${field}`, 2, (database, ref, value) => {
    const record = database.get(name, text(ref));
    const map = typeof initial === 'object' && !Array.isArray(initial);
    if (map && typeof value !== 'object')
      throw new Refusal(
        'INTERNAL_ERROR',
        `Failure("Expecting Rpc.Dict, but found 'S(${String(value)})'")`,
      );
    record[field] = value ?? '';
    return '';
  });
  if (typeof initial !== 'object' || Array.isArray(initial)) return;
  const map = (database: Database, ref: Json | undefined): DataRecord =>
    database.get(name, text(ref))[field] as DataRecord;
  add(`${name}.add_to_${field}`, 3, (database, ref, key, value) => {
    const target = map(database, ref);
    if (text(key) in target)
      throw new Refusal('MAP_DUPLICATE_KEY', name, field, text(ref), text(key));
    target[text(key)] = text(value);
    return '';
  });
  add(`${name}.remove_from_${field}`, 2, (database, ref, key) => {
    Reflect.deleteProperty(map(database, ref), text(key));
    return '';
  });
}
