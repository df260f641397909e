// Boot tokens: nothing is kept for a machine that only asks how to start, yet only we can have made its token.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { digestOf } from '../../common/digest.ts';
import type { MachineId } from './event.ts';
import type { MachineRecord } from './record.ts';

/** Milliseconds for which a token is good: a machine may wait for days until it is named and armed. */
const LIFE = 7 * 24 * 3600 * 1000;

/** Milliseconds by which the clock of another server of the fleet may be ahead. */
const SKEW = 5 * 60 * 1000;

/** Characters; longer ones are not looked at. */
const LONGEST = 256;

/** A token for the machine with this MAC address. `now`: milliseconds since 1970. */
export function issueToken(secret: Uint8Array, mac: MachineId, now: number): string {
  const words = `${mac}.${Math.floor(now)}.${randomBytes(16).toString('hex')}`;
  const body = Buffer.from(words).toString('base64url');
  return `${body}.${sign(secret, body)}`;
}

/**
 * Whether a token is one of ours, for this machine, and not too old. Whether it was spent is another question:
 * isSpent. `now`: milliseconds since 1970.
 */
export function checkToken(
  secret: Uint8Array,
  token: string,
  mac: MachineId,
  now: number,
): 'good' | 'bad' | 'old' {
  const issued = token.length > LONGEST ? undefined : readIssued(token);
  if (issued === undefined || issued.mac !== mac) return 'bad';
  const { body, signature } = issued;
  const wanted = Buffer.from(sign(secret, body));
  const found = Buffer.from(signature);
  if (found.length !== wanted.length || !timingSafeEqual(found, wanted)) return 'bad';
  if (issued.time > now + SKEW) return 'bad';
  return issued.time + LIFE < now ? 'old' : 'good';
}

/**
 * Whether a host file went out for this good token, or for a later one: a machine has one start at a time, so the tokens
 * of its earlier ones are spent along with it.
 */
export function isSpent(machine: MachineRecord, token: string): boolean {
  if (machine.spentToken === undefined) return false;
  if (machine.spentToken === digestOf(token)) return true;
  const issued = readIssued(token)?.time ?? 0;
  return machine.spentAt !== undefined && issued <= Date.parse(machine.spentAt);
}

function sign(secret: Uint8Array, body: string): string {
  return createHmac('sha256', secret).update(body).digest('base64url');
}

function readIssued(
  token: string,
): { body: string; signature: string; mac: string; time: number } | undefined {
  const [body = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) return undefined;
  const words = Buffer.from(body, 'base64url').toString('latin1').split('.');
  const [mac = '', time = ''] = words;
  if (words.length !== 3 || !/^\d{1,15}$/.test(time)) return undefined;
  return { body, signature, mac, time: Number(time) };
}
