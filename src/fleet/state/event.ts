// What happens to a fleet, as it stands in the journal: appended, never changed. States are folded from it.
import type { Report } from '../../steps/reporter.ts';

/** A machine is called by the MAC address that it was started from: small letters, colons. */
export type MachineId = string;

/** Who did it: the server by its own rules, or a person. */
export type Author = 'fleet' | 'operator';

/** What a host is in its pool. */
export type Role = 'coordinator' | 'member';

/** What happens to one machine. */
export type MachineEvent =
  /** It said hello; its inventory is kept beside the journal. */
  | {
      type: 'seen';
      facts: Readonly<Record<string, string | undefined>>;
      /** SHA-256 of the inventory. */
      inventory: string;
      address?: string | undefined;
    }
  /** Another machine says hello with the same MAC address: it is refused, and shown. */
  | {
      type: 'twin';
      facts: Readonly<Record<string, string | undefined>>;
      address?: string | undefined;
    }
  /** A person says that it shows other facts from now on: its mainboard was replaced, the network card was kept. */
  | { type: 'replaced'; facts: Readonly<Record<string, string | undefined>> }
  /** It is the machine of this host. */
  | { type: 'named'; host: string; by: Author }
  /** It may fetch its host file; in a pool it is installed as its coordinator or as a member. */
  | { type: 'armed'; attempt: number; wave: number; by: Author; role?: Role | undefined }
  /** The host file went out: digests of the boot token that is spent with it and of the token for reports. */
  | { type: 'released'; attempt: number; bootToken: string; reportToken: string }
  /** Asked for a boot script while it should be installing. */
  | { type: 'restarted' }
  /** A step began, ended or failed. Progress in between is not kept. */
  | {
      type: 'step';
      run: string;
      number: number;
      stage: string;
      step: string;
      state: string;
      percent: number;
      message: string;
    }
  /** The end of a stage, as the machine told it. */
  | { type: 'reported'; run: string; report: Report }
  /** Given up by the server: silent for too long, restarted in the middle. */
  | { type: 'failed'; code: string; message: string; hint: string }
  /** A person wants it tried again; with `reinstall` also though it is ready. */
  | { type: 'retry'; reinstall: boolean };

/** What happens to the fleet. */
export type FleetEvent =
  | { type: 'started' }
  | { type: 'paused'; by: Author; reason: string }
  | { type: 'resumed' }
  /** The waves up to this one may go; the canary is wave 0. */
  | { type: 'approved'; wave: number }
  /** For a pool whose coordinator follows from a rule. */
  | { type: 'elected'; pool: string; host: string };

/** A line of the journal. `subject`: a machine, or `fleet`. */
export type Entry = { time: string } & (
  { subject: 'fleet'; event: FleetEvent } | { subject: MachineId; event: MachineEvent }
);
