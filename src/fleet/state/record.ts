// Where each machine stands, folded from the journal.
import type { MachineId } from './event.ts';

/**
 * `unknown`: a host of the file whose machine was never seen. `seen`: its inventory is recorded; without a name it waits
 * for one, with a name for its turn. Then `armed`, `installing`, `first-boot`, `joined` (only in pools), `ready`; or `failed`.
 */
export const STATES = [
  'unknown', 'seen', 'armed', 'installing', 'first-boot', 'joined', 'ready', 'failed',
] as const; // prettier-ignore

export type HostState = (typeof STATES)[number];

/** Why a host failed. */
export interface Failure {
  /** `install`, `firstboot`, or `fleet` where the server gave it up. */
  stage: string;
  step?: string | undefined;
  code: string;
  message: string;
  hint?: string | undefined;
  /** Last lines of its journal. */
  log: readonly string[];
}

/** A machine. */
export interface MachineRecord {
  id: MachineId;
  /** Name of the host that it is for. */
  host?: string | undefined;
  state: Exclude<HostState, 'unknown'>;
  facts: Readonly<Record<string, string | undefined>>;
  /** SHA-256 of its inventory. */
  inventory?: string | undefined;
  address?: string | undefined;
  /** Where in the order of appearance it stands, from 1. */
  appeared: number;
  /** Installations that were armed so far. */
  attempt: number;
  wave?: number | undefined;
  /** SHA-256 of the boot token that was last spent, and of the token that reports come with. */
  spentToken?: string | undefined;
  reportToken?: string | undefined;
  /** Whether anything came with the token for reports. */
  heard: boolean;
  /** Boot scripts asked for since the host file went out. */
  restarts: number;
  step?:
    { stage: string; step: string; state: string; percent: number; message: string } | undefined;
  /** Number of the last event of each run that was taken: the same ones come again where an answer was lost. */
  runs: Readonly<Record<string, { number: number; reported: boolean }>>;
  /** Of a coordinator, once it is ready: what members need to join. */
  coordinator?: { address: string; fingerprint: string } | undefined;
  failure?: Failure | undefined;
  /** Other machines with its MAC address. */
  twins: number;
  /** ISO 8601: of the last event, of arming, of becoming ready. */
  updated: string;
  armedAt?: string | undefined;
  readyAt?: string | undefined;
}

/** The fleet as a whole. */
export interface FleetRecord {
  started: boolean;
  paused?: { by: string; reason: string } | undefined;
  /** Waves that may go; -1: none was approved. */
  approvedWave: number;
  /** Coordinators that follow from a rule, by pool. */
  elected: Readonly<Record<string, string>>;
  /** Failed hosts when it was last resumed: only those that come on top stop it again. */
  forgiven: number;
}

/** All that is known, at one point of the journal. */
export interface FleetState {
  fleet: FleetRecord;
  machines: ReadonlyMap<MachineId, MachineRecord>;
}
