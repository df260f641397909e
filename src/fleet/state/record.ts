// Where each machine stands, folded from the journal.
import type { MachineId, Role } from './event.ts';

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
  /** In its pool, as it was armed last. */
  role?: Role | undefined;
  /** SHA-256 of the boot token that was last spent, and of the token that reports come with. */
  spentToken?: string | undefined;
  reportToken?: string | undefined;
  /** Whether anything came with the token for reports. */
  heard: boolean;
  /** Boot scripts asked for after something was heard since the host file went out. */
  restarts: number;
  /** Host files since it was armed after which nothing was heard but the question for a boot script. */
  lost: number;
  step?:
    { stage: string; step: string; state: string; percent: number; message: string } | undefined;
  /** Number of the last event of each run that was taken: the same ones come again where an answer was lost. */
  runs: Readonly<Record<string, { number: number; reported: boolean }>>;
  /** Of a coordinator, once it is ready: what members need to join. */
  coordinator?: { address: string; fingerprint: string } | undefined;
  failure?: Failure | undefined;
  /** Other machines with its MAC address. */
  twins: number;
  /** ISO 8601: of the last event, of arming, of becoming ready, of the last host file that went out. */
  updated: string;
  armedAt?: string | undefined;
  readyAt?: string | undefined;
  spentAt?: string | undefined;
}

/** The fleet as a whole. */
export interface FleetRecord {
  started: boolean;
  paused?: { by: string; reason: string } | undefined;
  /** Waves that may go; -1: none was approved. */
  approvedWave: number;
  /** Coordinators that follow from a rule, by pool. */
  elected: Readonly<Record<string, string>>;
  /** How often hosts failed so far, and when it was last resumed: only those that came on top stop it again. */
  failures: number;
  forgiven: number;
}

/** All that is known, at one point of the journal. Never changed: the next entry makes another one of it. */
export interface FleetState {
  fleet: FleetRecord;
  /** In no order that means anything: `appeared` says it. */
  machines: ReadonlyMap<MachineId, MachineRecord>;
  /** Machines by the name of their host. */
  hosts: ReadonlyMap<string, MachineId>;
  /** Those between arming and ready. */
  underWay: ReadonlyMap<MachineId, MachineRecord>;
  /** Machines by the SHA-256 of the token that their reports come with. */
  reporters: ReadonlyMap<string, MachineId>;
}
