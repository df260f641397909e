// Where the journal of a fleet is kept. One store for one server in plain files, one for several in PostgreSQL.
import type { Entry, MachineId } from '../state/event.ts';
import type { FleetState } from '../state/record.ts';

/** What passes and is not kept: how far a machine is. */
export interface Passing {
  id: MachineId;
  percent: number;
  message: string;
  bytes?: number | undefined;
  total?: number | undefined;
  /** Bytes in a second. */
  rate?: number | undefined;
  time: string;
}

/** What came to be: entries of the journal, or how far a machine is. */
export type Change = { entries: readonly Entry[] } | { passing: Passing };

export interface Store {
  /** The state as this server last saw it; of several servers another one may know more. */
  state: () => FleetState;
  passing: () => ReadonlyMap<MachineId, Passing>;
  /**
   * Decides alone: `work` sees all that any server wrote, and nobody writes before what it gives back is kept (on the
   * disk, or committed). Entries get their time here. A server that is killed may have kept only the first ones, each of
   * them whole. `work` must do nothing else: where several servers decide at once it may be called again.
   * Errors: `io/fleet-store`, and what `work` throws.
   */
  transact: <T>(work: (state: FleetState) => Decision<T>) => Promise<T>;
  /** Tells all servers how far a machine is; may be lost. */
  pass: (passing: Passing) => void;
  /** All that happened to one machine, or (`fleet`) to the fleet as a whole; oldest first. */
  history: (subject: string) => Promise<readonly Entry[]>;
  /** Called after every change, also those of other servers. Gives a function that ends it. */
  watch: (onChange: (change: Change) => void) => () => void;
  /** Inventories, by their SHA-256; the text is JSON. */
  keepInventory: (digest: string, text: string) => Promise<void>;
  readInventory: (digest: string) => Promise<string | undefined>;
  /** 32 random bytes that all servers of the fleet share; made by the first one. Signs boot tokens. */
  secret: () => Promise<Buffer>;
  close: () => Promise<void>;
}

/** What a decision adds to the journal, and what its caller wants to know. */
export interface Decision<T> {
  append: readonly NewEntry[];
  result: T;
}

type WithoutTime<E> = E extends unknown ? Omit<E, 'time'> : never;

/** An entry before it has its time. */
export type NewEntry = WithoutTime<Entry>;
