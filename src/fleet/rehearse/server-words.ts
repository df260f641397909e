// What a rehearsal and its server say to each other besides what machines say: a line of JSON each, over pipes.
import type { FleetStatus, OperatorAction } from '../desk.ts';
import type { Entry } from '../state/event.ts';
import type { Reason } from './waits.ts';

/** The first line: how to start. Holds secrets, which is why it is no argument. */
export interface ServerOrder {
  /** Simulated milliseconds since 1970. */
  now: number;
  /** Path of the fleet file. */
  fleetFile: string;
  /** Directory of the boot tree. */
  tree: string;
  /** Directory of the state: certificate, journal in files. */
  state: string;
  /** URL of a PostgreSQL server, where the journal is kept there. */
  database?: string | undefined;
  address: string;
  /** How machines reach it, where that is another address. */
  serverAddress?: string | undefined;
  httpPort: number;
  httpsPort: number;
}

/** Further lines: the time goes on, or something is asked. */
export type ServerQuestion =
  | { now: number }
  | { id: number; ask: 'status' }
  | { id: number; ask: 'figures' }
  | { id: number; ask: 'journal' }
  | { id: number; ask: 'act'; action: OperatorAction };

export interface ServerStatus {
  status: FleetStatus;
  waits: Partial<Record<Reason, number>>;
}

export interface ServerFigures {
  /** Bytes of memory, at the most so far. */
  memory: number;
  /** Seconds of CPU time. */
  cpu: number;
}

/** What the server says. */
export type ServerSays =
  | { ready: { httpUrl: string; httpsUrl: string } }
  | { note: string }
  | { id: number; answer: ServerStatus | ServerFigures | readonly Entry[] | undefined }
  /** `input/no-such-host` and the like: the text of an error. */
  | { id: number | undefined; error: string };
