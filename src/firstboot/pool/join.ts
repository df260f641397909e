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
  const role = (await request.readRole()).trim();
  if (role.startsWith('slave:') && role !== `slave:${request.address}`) {
    throw new KronosError(
      'host/other-pool',
      `the host is in the pool of ${role.slice(6)} already`,
      {
        hint: 'eject it there first; what is on its storage repositories goes then',
      },
    );
  }
  const { uuid } = request;
  const coordinator = await logInToCoordinator(request, patience);
  try {
    if (role === `slave:${request.address}`) {
      await waitUntilEnabled(request, coordinator, uuid, patience);
      return 'member';
    }
    const own = await waitForSession(
      request,
      request.own,
      LOCAL,
      'the own toolstack',
      patience.ownStack,
    );
    refuseObstacles(await readView(own), await readView(coordinator));
    await callJoin(request, own, patience);
    await waitUntilEnabled(request, coordinator, uuid, patience);
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

async function logInToCoordinator(request: JoinRequest, patience: JoinPatience): Promise<Session> {
  const { coordinator, credential } = request;
  try {
    return await waitForSession(
      request,
      coordinator,
      credential,
      `the coordinator ${coordinator.name}`,
      patience.coordinator,
    );
  } catch (error) {
    if (!(error instanceof XenApiError)) throw error;
    if (error.code === 'SESSION_AUTHENTICATION_FAILED') {
      throw new KronosError('input/pool-credential', `${coordinator.name} refuses the login`, {
        hint: 'look at user and password under pool.credential',
        cause: error,
      });
    }
    if (error.code === 'HOST_IS_SLAVE') {
      const [real = ''] = error.parameters;
      throw new KronosError('host/not-coordinator', `${coordinator.name} is a member of a pool`, {
        hint: `name its coordinator ${real} and the fingerprint of that host under pool`,
        cause: error,
      });
    }
    throw error;
  }
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
