// Joining a pool: what is in the way is told before anything changes, and only the coordinator's word counts as the end.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Door } from '../../xenapi/door.ts';
import { NoAnswerError } from '../../xenapi/door.ts';
import { XenApiError } from '../../xenapi/message.ts';
import { findObstacles } from '../../xenapi/preflight.ts';
import { isStarting, waitFor } from '../../xenapi/readiness.ts';
import { LOCAL, openSession, type Login, type Session } from '../../xenapi/session.ts';
import { findTask, followTask, runTask } from '../../xenapi/task.ts';
import { readView, type PoolView } from '../../xenapi/view.ts';

export interface JoinRequest {
  /** The own host, by its socket. */
  own: Door;
  coordinator: Door;
  /** Opens another host with the same pin, where the named one is a member; without it that is an error. */
  openOther?: ((address: string) => Door) | undefined;
  /** UUID of the own host: INSTALLATION_UUID of /etc/xensource-inventory, which a join does not change. */
  uuid: string;
  /** Address that the own toolstack is told. */
  address: string;
  credential: Login;
  /** Reads /etc/xensource/pool.conf. */
  readRole: () => Promise<string>;
  signal: AbortSignal;
  /** What is being waited for, with the seconds that are left. */
  onWait?: (what: string, left: number, why: string) => void;
  patience?: Partial<JoinPatience>;
}

/** Seconds. */
export interface JoinPatience {
  ownStack: number;
  coordinator: number;
  join: number;
  enabled: number;
  /** Milliseconds between two looks. */
  interval: number;
}

const PATIENCE: JoinPatience = {
  ...{ ownStack: 900, coordinator: 900, join: 1800, enabled: 3600, interval: 1000 },
};

/**
 * Brings the own host into the pool of the coordinator; run again, it goes on where it stopped. `member`: it was there
 * already.
 * Errors: `host/not-joinable` with every obstacle, `host/other-pool`, `io/not-ready`, `input/pool-credential`, and what
 * the server refuses besides.
 */
export async function joinPool(request: JoinRequest): Promise<'joined' | 'member'> {
  const patience = { ...PATIENCE, ...request.patience };
  const { uuid } = request;
  const { session: coordinator, address } = await logInToCoordinator(request, patience);
  try {
    const role = (await request.readRole()).trim();
    if (role === `slave:${address}`) {
      await waitUntilEnabled({ ...request, address }, coordinator, uuid, patience);
      return 'member';
    }
    if (role.startsWith('slave:')) refuseOtherPool(role.slice('slave:'.length));
    const own = await waitForSession(
      request,
      request.own,
      LOCAL,
      'the own toolstack',
      patience.ownStack,
    );
    refuseObstacles(await readView(own), await readView(coordinator));
    await callJoin({ ...request, address }, own, patience);
    await waitUntilEnabled({ ...request, address }, coordinator, uuid, patience);
    return 'joined';
  } finally {
    await coordinator.close();
  }
}

async function waitForSession(
  request: JoinRequest,
  door: Door,
  login: Login,
  what: string,
  timeoutSeconds: number,
): Promise<Session> {
  const { signal, onWait, patience } = request;
  return waitFor(() => openSession(door, login, signal), {
    ...{ timeoutSeconds, what, signal, interval: patience?.interval ?? PATIENCE.interval },
    onWait: (left, why) => onWait?.(what, left, why),
  });
}

/** A session at the coordinator and its address: that of the request, or the one that a member named. */
async function logInToCoordinator(
  request: JoinRequest,
  patience: JoinPatience,
): Promise<{ session: Session; address: string }> {
  const { coordinator, credential, address, openOther } = request;
  const logIn = (door: Door): Promise<Session> =>
    waitForSession(request, door, credential, `the coordinator ${door.name}`, patience.coordinator);
  try {
    return { session: await logIn(coordinator), address };
  } catch (error) {
    const real = coordinatorNamed(error);
    if (real === undefined) throw loginError(coordinator, error);
    try {
      if (openOther !== undefined) return { session: await logIn(openOther(real)), address: real };
    } catch (second) {
      const isOther = second instanceof KronosError && second.code === 'verification/fingerprint';
      if (!isOther) throw loginError(coordinator, second);
    }
    throw new KronosError('host/not-coordinator', `${coordinator.name} is a member of a pool`, {
      hint: `name its coordinator ${real} and the fingerprint of that host under pool`,
      cause: error,
    });
  }
}

/**
 * The coordinator whose member a host is, or undefined where it is none: it refuses everybody with that address, before it
 * looks at a password. Errors: those of the door.
 */
export async function askCoordinator(door: Door, signal: AbortSignal): Promise<string | undefined> {
  try {
    await (await openSession(door, { user: 'root', password: '' }, signal)).close();
  } catch (error) {
    if (!(error instanceof XenApiError)) throw error;
    return coordinatorNamed(error);
  }
  return undefined;
}

/** Errors: `host/other-pool`. */
export function refuseOtherPool(coordinator: string): never {
  throw new KronosError('host/other-pool', `the host is in the pool of ${coordinator} already`, {
    hint: 'eject it there first; what is on its storage repositories goes then',
  });
}

/** The coordinator that a member names when it refuses a login. */
function coordinatorNamed(error: unknown): string | undefined {
  if (!(error instanceof XenApiError) || error.code !== 'HOST_IS_SLAVE') return undefined;
  return error.parameters[0];
}

function loginError({ name }: Door, error: unknown): unknown {
  if (!(error instanceof XenApiError) || error.code !== 'SESSION_AUTHENTICATION_FAILED')
    return error;
  return new KronosError('input/pool-credential', `${name} refuses the login`, {
    hint: 'look at user and password under pool.credential',
    cause: error,
  });
}

function refuseObstacles(own: PoolView, pool: PoolView): void {
  const obstacles = findObstacles(own, pool);
  if (obstacles.length === 0) return;
  throw new KronosErrors(
    obstacles.map(
      ({ code, text, hint }) =>
        new KronosError('host/not-joinable', `${code}: ${text}`, { hint, details: { code } }),
    ),
  );
}

/** The server ends in the middle of it, so what counts is not its answer but what the coordinator says afterwards. */
async function callJoin(request: JoinRequest, own: Session, patience: JoinPatience): Promise<void> {
  const { address, credential, signal } = request;
  try {
    const options = { timeoutSeconds: patience.join, signal, interval: patience.interval };
    // A second call beside one that is under way would break both.
    const begun = await findTask(own, 'pool.join');
    if (begun === undefined) {
      const parameters = [address, credential.user, credential.password];
      await runTask(own, 'pool.join', parameters, options);
    } else {
      await followTask(own, begun, 'pool.join', options);
    }
  } catch (error) {
    if (isGone(error) && (await request.readRole()).trim() === `slave:${address}`) return;
    throw error;
  }
}

/** A task of a host that joined is gone with its database. */
function isGone(error: unknown): boolean {
  if (error instanceof NoAnswerError || isStarting(error)) return true;
  return error instanceof XenApiError && error.code === 'HANDLE_INVALID';
}

async function waitUntilEnabled(
  request: JoinRequest,
  coordinator: Session,
  uuid: string,
  patience: JoinPatience,
): Promise<void> {
  const { address, signal, onWait } = request;
  const what = 'the pool to have the host in use';
  await waitFor(
    async () => {
      if ((await request.readRole()).trim() !== `slave:${address}`) return undefined;
      const hosts = await coordinator.call<PoolView['host']>('host.get_all_records');
      return Object.values(hosts).find((host) => host.uuid === uuid && host.enabled);
    },
    {
      ...{ timeoutSeconds: patience.enabled, interval: patience.interval, signal, what },
      onWait: (left, why) => onWait?.(what, left, why),
    },
  );
}
