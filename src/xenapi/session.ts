// A session at a XenAPI server: calls by name, and a new login where the server forgot us.
import type { Door } from './door.ts';
import { formatRequest, parseAnswer, XenApiError, type Json } from './message.ts';

/** Seconds; on a busy machine one change of the network is ten processes one after the other. */
const PATIENCE = 180;

export interface Login {
  user: string;
  password: string;
}

/** Root of the own host needs no password: whatever is said is accepted on the socket. */
export const LOCAL: Login = { user: 'root', password: '' };

export interface CallOptions {
  timeoutSeconds?: number;
}

export interface Session {
  /**
   * Calls a message; the session is put before `parameters`. `T` is what the caller knows of the result.
   * Errors: XenApiError, NoAnswerError, those of the door.
   */
  call: <T = Json>(
    method: string,
    parameters?: readonly Json[],
    options?: CallOptions,
  ) => Promise<T>;
  /** Ends the session at the server; a server that does not answer any more is no failure. */
  close: () => Promise<void>;
}

/** Logs in. Errors: those of a call; `HOST_IS_SLAVE` names the coordinator of a member. */
export async function openSession(door: Door, login: Login, signal: AbortSignal): Promise<Session> {
  let next = 0;
  const send = async (
    method: string,
    parameters: readonly Json[],
    { timeoutSeconds = PATIENCE }: CallOptions = {},
  ): Promise<Json> => {
    next += 1;
    const id = next;
    const body = formatRequest(id, method, parameters);
    return parseAnswer(await door.post(body, { timeoutSeconds, signal }), id);
  };
  const logIn = (): Promise<Json> =>
    send('session.login_with_password', [login.user, login.password, '1.0', 'kronos']);
  let reference = await logIn();
  return {
    call: async <T>(
      method: string,
      parameters: readonly Json[] = [],
      options: CallOptions = {},
    ): Promise<T> => {
      try {
        return (await send(method, [reference, ...parameters], options)) as T;
      } catch (error) {
        // A server that does not know us has done nothing, so the call can be made again.
        if (!isForgotten(error)) throw error;
        reference = await logIn();
        return (await send(method, [reference, ...parameters], options)) as T;
      }
    },
    close: async () => {
      await send('session.logout', [reference], { timeoutSeconds: 10 }).catch(() => undefined);
    },
  };
}

function isForgotten(error: unknown): boolean {
  return error instanceof XenApiError && error.code === 'SESSION_INVALID';
}
