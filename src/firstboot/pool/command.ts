// The commands `preflight` and `join`: a pool that a person names, not the host file.
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { KronosError } from '../../common/error.ts';
import { pinnedDoor } from '../../xenapi/door.ts';
import type { Obstacle } from '../../xenapi/obstacle.ts';
import { findObstacles } from '../../xenapi/preflight.ts';
import { LOCAL, openSession, type Login } from '../../xenapi/session.ts';
import { readView } from '../../xenapi/view.ts';
import type { PoolOptions } from '../options.ts';
import { ownDoor, readRole, readUuid } from '../xapi/own.ts';
import { joinPool } from './join.ts';

/** Errors: `io/unreadable-file`, `input/secret-empty`. */
async function readLogin({ user, passwordFile }: PoolOptions): Promise<Login> {
  let password: string;
  try {
    password =
      passwordFile === '-' ? await readAll(process.stdin) : await readFile(passwordFile, 'utf8');
  } catch (error) {
    throw new KronosError('io/unreadable-file', `reading ${passwordFile} failed`, { cause: error });
  }
  password = password.replace(/\r?\n$/, '');
  if (password !== '') return { user, password };
  throw new KronosError('input/secret-empty', `${passwordFile} holds no password`, {
    hint: 'put the password of the coordinator there, in one line',
  });
}

/** Everything that keeps this host out of the pool. Errors: those of logging in on both sides. */
export async function preflight(options: PoolOptions, signal: AbortSignal): Promise<Obstacle[]> {
  await readUuid();
  const login = await readLogin(options);
  const own = await openSession(ownDoor(), LOCAL, signal);
  try {
    const door = pinnedDoor(options.address, options.fingerprint);
    const pool = await openSession(door, login, signal);
    try {
      return findObstacles(await readView(own), await readView(pool));
    } finally {
      await pool.close();
    }
  } finally {
    await own.close();
  }
}

/** Brings this host into the pool. Errors: those of joinPool; `host/no-xapi`. */
export async function join(
  options: PoolOptions,
  signal: AbortSignal,
  onWait: (what: string, left: number, why: string) => void,
): Promise<'joined' | 'member'> {
  const uuid = await readUuid();
  return joinPool({
    ...{ uuid, signal, onWait, address: options.address },
    own: ownDoor(),
    coordinator: pinnedDoor(options.address, options.fingerprint),
    openOther: (address) => pinnedDoor(address, options.fingerprint),
    credential: await readLogin(options),
    readRole: () => readRole(),
  });
}

/** The obstacles as people read them. */
export function describeObstacles(obstacles: readonly Obstacle[], address: string): string {
  if (obstacles.length === 0) return `Nothing keeps this host out of the pool of ${address}.\n`;
  const lines = obstacles.flatMap(({ code, text, hint }) => [
    `  ${code}: ${text}`,
    `    -> ${hint}`,
  ]);
  return [`${obstacles.length} in the way of joining ${address}:`, ...lines, ''].join('\n');
}
