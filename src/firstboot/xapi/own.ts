// The own host's xapi: its socket, its identity, its role.
import { readFile } from 'node:fs/promises';
import { KronosError, systemCode } from '../../common/error.ts';
import { socketDoor, type Door } from '../../xenapi/door.ts';
import { LOCAL, openSession, type Session } from '../../xenapi/session.ts';
import type { waitForAnswer } from '../network/answers.ts';
import type { JoinPatience } from '../pool/join.ts';
import { parseInventory } from './inventory.ts';
import { INVENTORY } from './prepare/paths.ts';

/** Where xapi has what it knows of its host. Other places are for tests. */
export interface XapiPlaces {
  inventory: string;
  role: string;
  socket?: string | undefined;
  /** Of other hosts. */
  port?: number | undefined;
  secrets?: string | undefined;
  /** Directory of what is remembered of changes of the network. */
  memory?: string | undefined;
  /** Who says that the network works. */
  ask?: typeof waitForAnswer | undefined;
  /** Waiting while joining. */
  patience?: Partial<JoinPatience> | undefined;
}

export const PLACES: XapiPlaces = {
  inventory: INVENTORY,
  role: '/etc/xensource/pool.conf',
};

/** Why something that only xapi has cannot be done. */
export function noXapi(why: string, cause?: unknown): KronosError {
  return new KronosError('host/no-xapi', `this host has no toolstack xapi: ${why}`, {
    hint: 'pools need an image with xapi: kronos build --origin xapi=SPEC',
    cause,
  });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw noXapi(`there is no ${path}`, error);
    throw error;
  }
}

/** The UUID of this host, which a join does not change. Errors: `host/no-xapi`. */
export async function readUuid(places = PLACES): Promise<string> {
  const uuid = parseInventory(await read(places.inventory)).get('INSTALLATION_UUID') ?? '';
  if (/^[0-9a-f-]{36}$/.test(uuid)) return uuid;
  throw noXapi(`${places.inventory} names no INSTALLATION_UUID`);
}

/** `master`, or `slave:ADDRESS`. Errors: `host/no-xapi`. */
export async function readRole(places = PLACES): Promise<string> {
  return (await read(places.role)).trim();
}

export function ownDoor(places = PLACES): Door {
  return socketDoor(places.socket);
}

/** Does work in a session on the own socket. Errors: those of openSession and the work. */
export async function withOwnSession<T>(
  work: (session: Session) => Promise<T>,
  signal: AbortSignal,
  places = PLACES,
): Promise<T> {
  const session = await openSession(ownDoor(places), LOCAL, signal);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
