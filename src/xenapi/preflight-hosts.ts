// Before hosts become one pool: what is in the way of each, asked from an operator's machine.
import { KronosError } from '../common/error.ts';
import { NoAnswerError, type Door } from './door.ts';
import { XenApiError } from './message.ts';
import type { Obstacle } from './obstacle.ts';
import { findObstacles } from './preflight.ts';
import { openSession, type Login, type Session } from './session.ts';
import { readView, type PoolView } from './view.ts';

export interface HostFinding {
  host: string;
  /** `member`: it is in this pool already. */
  state: 'can-join' | 'cannot-join' | 'member' | 'unknown';
  obstacles: Obstacle[];
  /** Why nothing is known, or of which pool it is a member. */
  why?: string | undefined;
}

/** A host by its door. */
export interface NamedDoor {
  address: string;
  door: Door;
}

/**
 * What keeps each host out of the coordinator's pool, in the order given. A host that cannot be asked does not keep the others
 * from being asked. Errors: those of logging in to the coordinator and reading it; `host/not-coordinator`.
 */
export async function preflightHosts(
  coordinator: NamedDoor,
  joiners: readonly NamedDoor[],
  login: Login,
  signal: AbortSignal,
): Promise<HostFinding[]> {
  const pool = await readPool(coordinator, login, signal);
  const found: HostFinding[] = [];
  // One after the other: every call of a server is a process of its own on its host.
  for (const { address, door } of joiners) {
    found.push(
      await preflightHost(address, door, { pool, coordinator: coordinator.address, login, signal }),
    );
  }
  return found;
}

async function readPool(
  { address, door }: NamedDoor,
  login: Login,
  signal: AbortSignal,
): Promise<PoolView> {
  try {
    return await withSession(door, login, signal, readView);
  } catch (error) {
    if (!(error instanceof XenApiError) || error.code !== 'HOST_IS_SLAVE')
      throw asKronos(address, error);
    const [real = ''] = error.parameters;
    throw new KronosError('host/not-coordinator', `${address} is a member of the pool of ${real}`, {
      hint: `name ${real} first, with its own fingerprint`,
      cause: error,
    });
  }
}

function asKronos(address: string, error: unknown): unknown {
  if (error instanceof NoAnswerError) {
    return new KronosError('io/no-answer', `${address} gives no answer: ${error.message}`, {
      hint: 'look whether the host runs and its toolstack has started',
      cause: error,
    });
  }
  if (!(error instanceof XenApiError)) return error;
  return error.code === 'SESSION_AUTHENTICATION_FAILED'
    ? new KronosError('input/pool-credential', `${address} refuses the login`, {
        hint: 'look at user and password',
        cause: error,
      })
    : new KronosError('host/xapi-refused', `asking ${address}: xapi says ${error.message}`, {
        hint: 'look at the log of its toolstack',
        cause: error,
      });
}

async function preflightHost(
  host: string,
  door: Door,
  {
    pool,
    coordinator,
    login,
    signal,
  }: { pool: PoolView; coordinator: string; login: Login; signal: AbortSignal },
): Promise<HostFinding> {
  try {
    const own = await withSession(door, login, signal, readView);
    const obstacles = findObstacles(own, pool);
    return { host, obstacles, state: obstacles.length === 0 ? 'can-join' : 'cannot-join' };
  } catch (error) {
    if (error instanceof XenApiError && error.code === 'HOST_IS_SLAVE') {
      const [real = ''] = error.parameters;
      if (real === coordinator) return { host, obstacles: [], state: 'member' };
      return {
        host,
        obstacles: [],
        state: 'cannot-join',
        why: `it is a member of the pool of ${real}: eject it there first`,
      };
    }
    if (signal.aborted) throw error;
    const told = asKronos(host, error);
    return {
      host,
      obstacles: [],
      state: 'unknown',
      why: told instanceof Error ? told.message : String(told),
    };
  }
}

async function withSession<T>(
  door: Door,
  login: Login,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(door, login, signal);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** The findings as people read them. */
export function describeFindings(findings: readonly HostFinding[]): string {
  const words = {
    'can-join': 'can join',
    'cannot-join': 'cannot join',
    member: 'is a member already',
    unknown: 'could not be asked',
  };
  return findings
    .flatMap(({ host, state, obstacles, why }) => [
      `${host} ${words[state]}`,
      ...(why === undefined ? [] : [`  ${why}`]),
      ...obstacles.flatMap(({ code, text, hint }) => [`  ${code}: ${text}`, `    -> ${hint}`]),
    ])
    .join('\n');
}
