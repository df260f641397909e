// The database of a simulated server: records by class and reference.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/xenapi/message.ts';

export type DataRecord = Record<string, Json>;

interface ClassTable {
  /** Fields with what they hold in a new record. */
  fields: DataRecord;
  settable: string[];
}

/** Compiled tests lie in build/test, data stays in test; in a machine it lies where the environment says. */
const TABLE =
  process.env['XAPI_SIMULATOR_CLASSES'] ??
  join(import.meta.dirname, '../../../test/xapi-simulator/classes.json');

/** Fields and settable fields of every class, in the form of the recordings of xapi 26.17. */
export const CLASSES = JSON.parse(readFileSync(TABLE, 'utf8')) as Readonly<
  Record<string, ClassTable>
>;

/** Classes that exist and have no record here. */
export const EMPTY_CLASSES = new Set([
  ...['tunnel', 'network_sriov', 'VDI', 'VIF', 'VBD', 'Cluster', 'Cluster_host', 'SDN_controller'],
  ...['message', 'subject', 'Repository', 'role', 'PCI', 'console', 'Feature', 'blob'],
  'pool_update',
]);

export function newRef(): string {
  return `OpaqueRef:${randomUUID()}`;
}

/** Records by class and reference. */
export type Dump = Record<string, Record<string, DataRecord>>;

export class Database {
  readonly #classes = new Map<string, Map<string, DataRecord>>();

  /** The records of a class, by reference. */
  records(name: string): Map<string, DataRecord> {
    const known = this.#classes.get(name);
    if (known !== undefined) return known;
    const fresh = new Map<string, DataRecord>();
    this.#classes.set(name, fresh);
    return fresh;
  }

  /** Puts a new record in and returns its reference. */
  insert(name: string, values: DataRecord = {}, ref = newRef()): string {
    const table = CLASSES[name];
    if (table === undefined) throw new TypeError(`no class ${name}`);
    const uuid = 'uuid' in table.fields ? { uuid: randomUUID() } : {};
    this.records(name).set(ref, { ...structuredClone(table.fields), ...uuid, ...values });
    return ref;
  }

  /** Everything in it, for the disk and for other servers. */
  dump(): Dump {
    return Object.fromEntries(
      [...this.#classes].map(([name, records]) => [name, Object.fromEntries(records)]),
    );
  }

  /** Takes the place of what is in it. */
  load(dump: Dump): void {
    this.#classes.clear();
    for (const [name, records] of Object.entries(dump))
      this.#classes.set(name, new Map(Object.entries(records)));
  }

  /** A record that is there. */
  get(name: string, ref: string): DataRecord {
    const record = this.records(name).get(ref);
    if (record === undefined) throw new Refusal('HANDLE_INVALID', name, ref);
    return record;
  }
}

/** What a call is refused with. */
export class Refusal extends Error {
  readonly description: readonly string[];

  constructor(code: string, ...parameters: string[]) {
    super(code);
    this.description = [code, ...parameters];
  }
}
