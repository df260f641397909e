// What all requests of machines are answered from.
import type { IncomingMessage } from 'node:http';
import type { Fleet } from '../file/fleet.ts';
import type { MachineId } from '../state/event.ts';
import type { MachineRecord } from '../state/record.ts';
import { checkToken, isSpent } from '../state/token.ts';
import type { Store } from '../store/store.ts';
import { Refusal } from './body.ts';
import type { BootPlace } from './boot-script.ts';
import type { Limits } from './limits.ts';
import type { Note } from './note.ts';

export interface FleetContext {
  fleet: Fleet;
  store: Store;
  /** Signs boot tokens. */
  secret: Buffer;
  place: BootPlace;
  limits: Limits;
  note: Note;
  /** Milliseconds since 1970: no other clock than the server's counts. */
  now: () => number;
  /** Names, arms and gives up what is due; resolves when that is kept. */
  settle: () => Promise<void>;
  /** What a machine waits for, in words. */
  waitsFor: (machine: MachineRecord) => string;
}

/** The token of a request. Errors: Refusal 401. */
export function bearerOf(request: IncomingMessage): string {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/.exec(
    request.headers.authorization ?? '',
  )?.[1];
  if (token === undefined) throw new Refusal(401, 'there is no token');
  return token;
}

/** Sees to it that a boot token is ours, of this machine and not too old. Errors: Refusal 401. */
export function checkBootToken(context: FleetContext, token: string, mac: MachineId): void {
  const state = checkToken(context.secret, token, mac, context.now());
  if (state === 'good') return;
  throw new Refusal(
    401,
    state === 'old'
      ? `the token of ${mac} is too old: start the machine again`
      : `the token is not one for ${mac}`,
  );
}

/** Whether a machine was given its host file for this token, or for a later one. */
export function isTokenSpent(machine: MachineRecord | undefined, token: string): boolean {
  return machine !== undefined && isSpent(machine, token);
}

/** How lines call a machine: by its host, where it has one. */
export function nameOf(machine: MachineRecord | undefined, id: MachineId): string {
  return machine?.host === undefined ? id : `${machine.host} (${id})`;
}
