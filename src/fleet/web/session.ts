// Who is logged in. A session is a signed cookie, so that it holds for all servers that share an operator token, and for a
// server that was started anew.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** `__Host-`: browsers take it only over HTTPS, for this host and for all paths. */
export const COOKIE = '__Host-kronos-fleet';

/** Seconds for which a login holds. */
const LIFETIME = 12 * 3600;

export interface WebSession {
  id: string;
  /** Proves that a request comes from a page that we gave to this session. */
  csrf: string;
}

export interface Sessions {
  /** Whether it is the operator token; takes the same time for each wrong one. */
  isToken: (token: string) => boolean;
  /** The value of a Set-Cookie header for a new session. */
  open: () => string;
  /** The session of a Cookie header. */
  find: (header: string | undefined) => WebSession | undefined;
  /** Whether a text is the session's CSRF token. */
  isOwn: (session: WebSession, csrf: string) => boolean;
  /** Ends it on this server; gives the value of a Set-Cookie header. */
  end: (session: WebSession | undefined) => string;
}

/** `now`: milliseconds. */
export function createSessions(operatorToken: string, now: () => number): Sessions {
  const key = createHmac('sha256', operatorToken).update('kronos fleet session').digest();
  const sign = (text: string): string => createHmac('sha256', key).update(text).digest('base64url');
  const ended = new Map<string, number>();
  return {
    isToken: (token) => isSame(token, operatorToken),
    open: () => {
      const id = `${(Math.floor(now() / 1000) + LIFETIME).toString(36)}.${randomBytes(16).toString('base64url')}`;
      return `${COOKIE}=${id}.${sign(`cookie ${id}`)}; Path=/; Max-Age=${LIFETIME}; HttpOnly; Secure; SameSite=Strict`;
    },
    find: (header) => {
      const [, until = '', nonce = '', proof = ''] =
        /^([0-9a-z]{1,10})\.([\w-]{22})\.([\w-]{43})$/.exec(cookieOf(header) ?? '') ?? [];
      const id = `${until}.${nonce}`;
      if (!isSame(proof, sign(`cookie ${id}`))) return undefined;
      if (parseInt(until, 36) * 1000 <= now() || ended.has(id)) return undefined;
      return { id, csrf: sign(`csrf ${id}`) };
    },
    isOwn: (session, csrf) => isSame(csrf, session.csrf),
    end: (session) => {
      for (const [id, until] of ended) if (until <= now()) ended.delete(id);
      if (session !== undefined) ended.set(session.id, now() + LIFETIME * 1000);
      return `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict`;
    },
  };
}

function cookieOf(header: string | undefined): string | undefined {
  const found = header?.split(';').find((part) => part.trim().startsWith(`${COOKIE}=`));
  return found?.trim().slice(COOKIE.length + 1);
}

/** Compares without telling by its time how much was right. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
