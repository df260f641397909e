// What a person sees of a fleet and can do to it: the same for the web page, the command line and other programs.
import type { Failure, HostState } from './state/record.ts';

/** A host of the file, or a machine that has no name yet. */
export interface HostStatus {
  /** Name of the host; a machine without one has none. */
  host?: string | undefined;
  machine?: string | undefined;
  rack?: string | undefined;
  pool?: string | undefined;
  role?: 'coordinator' | 'member' | undefined;
  groups: readonly string[];
  state: HostState;
  /** What it waits for, where it waits: `its turn in wave 2`, `the coordinator xen01`, `a name`, `approval of wave 1`. */
  waitsFor?: string | undefined;
  wave?: number | undefined;
  attempt: number;
  step?: string | undefined;
  message?: string | undefined;
  /** Of the stage, 0 to 100. */
  percent?: number | undefined;
  /** Bytes in a second. */
  rate?: number | undefined;
  failure?: Failure | undefined;
  address?: string | undefined;
  /** Serial number and product name, for who gives names. */
  serial?: string | undefined;
  product?: string | undefined;
  /** Other machines with the same MAC address. */
  twins: number;
  updated?: string | undefined;
  /** Seconds from arming to ready, or until now. */
  seconds?: number | undefined;
}

export interface FleetStatus {
  name: string;
  time: string;
  rollout:
    'not-started' | 'running' | 'paused' | 'waiting-for-approval' | 'outside-window' | 'done';
  /** Why it does not go on, where it does not. */
  reason?: string | undefined;
  /** The wave that is under way, and the last one; the canary is wave 0. */
  wave: number;
  waves: number;
  /** Which wave would be approved next, where one waits for it. */
  approvable?: number | undefined;
  counts: Readonly<Record<HostState, number>>;
  hosts: readonly HostStatus[];
}

/** What a person does. Errors of each: `input/no-such-host`, `input/fleet-action`, `input/pool-under-way`. */
export type OperatorAction =
  | { do: 'start' }
  | { do: 'pause'; reason?: string | undefined }
  | { do: 'resume' }
  | { do: 'approve'; wave?: number | undefined }
  /** Failed hosts, by name or MAC address; with `reinstall` also such as are ready. */
  | { do: 'retry'; hosts: readonly string[]; reinstall?: boolean | undefined }
  /**
   * Says for which host a machine is; with `replaced` also that its mainboard is another one now, the network card was
   * kept: the new serial number, or the UUID where there is none.
   */
  | { do: 'name'; machine: string; host: string; replaced?: string | undefined };

export interface Desk {
  status: () => FleetStatus;
  /** What is known of one host or machine, with the history and the inventory. */
  details: (name: string) => Promise<HostDetails | undefined>;
  act: (action: OperatorAction) => Promise<{ message: string }>;
  /** Called when something changed, several changes at once; gives a function that ends it. */
  watch: (onChange: () => void) => () => void;
}

export interface HostDetails {
  status: HostStatus;
  /** Newest last. */
  history: readonly { time: string; text: string }[];
  inventory?: unknown;
}
