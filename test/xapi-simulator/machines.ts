// Virtual machines of a simulated pool: records that are switched on and off; nothing runs.
import { NULL_REF } from '../../src/xenapi/message.ts';
import { Refusal, type Database, type DataRecord } from './database.ts';
import { text, type Message } from './messages.ts';
import { fieldsOf } from './storage.ts';
import type { Xapi } from './xapi.ts';

interface Operation {
  /** Parameters besides the machine. */
  more: number;
  /** States in which it is allowed, in the order in which the server tells them. */
  from: readonly string[];
  /** Undefined: the state stays, or the machine goes. */
  to?: string;
}

/** By the names of xapi; the lists of states are those of its sources, seen for hard_shutdown. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  start: { more: 2, from: ['Halted'], to: 'Running' },
  pause: { more: 0, from: ['Running'], to: 'Paused' },
  unpause: { more: 0, from: ['Paused'], to: 'Running' },
  suspend: { more: 0, from: ['Running'], to: 'Suspended' },
  resume: { more: 2, from: ['Suspended'], to: 'Running' },
  clean_shutdown: { more: 0, from: ['Running'], to: 'Halted' },
  hard_shutdown: { more: 0, from: ['Paused', 'Suspended', 'Running'], to: 'Halted' },
  clean_reboot: { more: 0, from: ['Running'], to: 'Running' },
  hard_reboot: { more: 0, from: ['Paused', 'Running'], to: 'Running' },
  destroy: { more: 0, from: ['Halted', 'Suspended'] },
};

/** Bytes that the machines of a host can have, where nothing else is said. */
const MEMORY = 16 * 1024 ** 3;

/** Bytes of a control domain, as on the host that was recorded. */
const OWN_MEMORY = 2 ** 31;

/** Adds the messages of virtual machines to a server, and the control domain of its host. */
export function addMachines(xapi: Xapi, { memory = MEMORY } = {}): void {
  const { database } = xapi;
  addControlDomain(xapi);
  const add = (name: string, count: number, run: Message<Xapi>['run']): void => {
    xapi.add(`VM.${name}`, { parameters: [count, count], run });
  };
  add('create', 1, (_call, given) => addMachine(xapi, fieldsOf(given, ['name_label'])));
  for (const [name, { more, to }] of Object.entries(OPERATIONS)) {
    add(name, 1 + more, (_call, ref, paused) => {
      const record = database.get('VM', text(ref));
      const why = refusal(name, text(ref), record);
      if (why !== undefined) throw why;
      const halted = record['resident_on'] === NULL_REF;
      if (to === undefined) database.records('VM').delete(text(ref));
      else if (to === 'Halted' || to === 'Suspended') place(record, to, NULL_REF);
      else if (halted) place(record, to, findHost(xapi, record, memory));
      else record['power_state'] = to;
      // Both that bring up a machine can leave it paused.
      if (halted && paused === true) record['power_state'] = 'Paused';
      settle(database);
      return '';
    });
  }
}

/** A virtual machine that is halted, or where the values say. Returns its reference. */
export function addMachine(xapi: Xapi, values: DataRecord): string {
  const { database } = xapi;
  const ref = database.insert('VM', { power_state: 'Halted', domid: -1 });
  const record = database.get('VM', ref);
  // Numbers may come as texts, over XML-RPC they do.
  for (const [name, value] of Object.entries(values))
    record[name] = typeof record[name] === 'number' ? Number(value) : value;
  settle(database);
  return ref;
}

function addControlDomain(xapi: Xapi): void {
  const { database, host } = xapi;
  const own = database.get('host', host);
  const bytes = { memory_overhead: 20 * 1024 ** 2, memory_target: OWN_MEMORY };
  own['control_domain'] = addMachine(xapi, {
    ...{ name_label: `Control domain on host: ${text(own['hostname'])}`, is_control_domain: true },
    name_description: 'The domain which manages physical devices and manages other domains',
    ...{ power_state: 'Running', domid: 0, resident_on: host, affinity: host, user_version: 1 },
    ...{ domain_type: 'pv', domarch: 'x64', VCPUs_max: 2, VCPUs_at_startup: 2, ...bytes },
    ...{ memory_static_max: OWN_MEMORY, memory_static_min: OWN_MEMORY },
    ...{ memory_dynamic_max: OWN_MEMORY, memory_dynamic_min: OWN_MEMORY },
  });
}

/** What the server says to an operation that is not allowed, by its checks in their order. */
function refusal(name: string, ref: string, record: DataRecord): Refusal | undefined {
  const { from = [] } = OPERATIONS[name] ?? {};
  const state = text(record['power_state']);
  if (!from.includes(state)) {
    const expected = from.join(', ').toLowerCase();
    return new Refusal('VM_BAD_POWER_STATE', ref, expected, state.toLowerCase());
  }
  if (record['is_a_template'] === true && name !== 'destroy')
    return new Refusal('VM_IS_TEMPLATE', ref, name);
  if (record['is_control_domain'] !== true) return undefined;
  const why = 'This operation is not allowed on a control domain';
  return new Refusal('OPERATION_NOT_ALLOWED', why);
}

/** A host with room for a machine: the one that it would rather be on, or the coordinator, or any. */
function findHost({ database, host }: Xapi, machine: DataRecord, memory: number): string {
  const machines = [...database.records('VM').values()];
  const wishes = [text(machine['affinity']), host, ...database.records('host').keys()];
  const found = wishes.find((one) => {
    const record = database.records('host').get(one);
    if (record?.['enabled'] !== true) return false;
    const taken = machines
      .filter((other) => other['resident_on'] === one && other['is_control_domain'] !== true)
      .reduce((sum, other) => sum + Number(other['memory_static_max']), 0);
    return taken + Number(machine['memory_static_max']) <= memory;
  });
  if (found === undefined) throw new Refusal('NO_HOSTS_AVAILABLE');
  return found;
}

let domains = 0;

function place(record: DataRecord, state: string, host: string): void {
  record['power_state'] = state;
  record['resident_on'] = host;
  record['domid'] = host === NULL_REF ? -1 : (domains += 1);
}

/** What follows from the states of machines, in their records and in those of hosts. */
export function settle(database: Database): void {
  const machines = [...database.records('VM')];
  for (const [ref, host] of database.records('host'))
    host['resident_VMs'] = machines
      .filter(([, machine]) => machine['resident_on'] === ref)
      .map(([machine]) => machine);
  for (const [ref, machine] of machines)
    machine['allowed_operations'] = Object.keys(OPERATIONS).filter(
      (name) => refusal(name, ref, machine) === undefined,
    );
}
