// What an action did, for the next page of whoever did it.

/** Notices that wait at the most: each is soon taken. */
const MOST = 100;

export interface Notices {
  keep: (session: string, text: string) => void;
  take: (session: string) => string | undefined;
}

/** Keeps them in memory: one that gets lost was a courtesy. */
export function createNotices(): Notices {
  const notices = new Map<string, string>();
  return {
    keep: (session, text) => {
      notices.set(session, text);
      const [oldest] = notices.keys();
      if (notices.size > MOST && oldest !== undefined) notices.delete(oldest);
    },
    take: (session) => {
      const text = notices.get(session);
      notices.delete(session);
      return text;
    },
  };
}
