// Between the desk and the viewers: looks when something changed, not more often than is pleasant to see, and not at all
// while nobody looks.
import type { ServerResponse } from 'node:http';
import type { Desk } from '../desk.ts';
import { RequestError } from './answer.ts';
import type { Feed } from './feed.ts';
import { createViewers, type Frame } from './viewers.ts';

/** Milliseconds between two looks at the desk. */
const PAUSE = 500;

/** Milliseconds between two signs of life; also clocks (windows, minutes) are looked at then. */
const BEAT = 10_000;

const MOST_VIEWERS = 500;

export interface Hub {
  /** Looks at the desk at once; viewers are told what is new. */
  look: () => void;
  /** Answers with the stream of the API: `status`, then `change` after `change`. */
  follow: (response: ServerResponse) => void;
  /** Answers with the stream of a page of that version. */
  followPage: (response: ServerResponse, version: string) => void;
}

/** A hub for a feed of the desk. */
export function createHub(desk: Desk, feed: Feed): Hub {
  let unwatch: (() => void) | undefined;
  let beating: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let lastLook = 0;

  const look = (): void => {
    looking = undefined;
    lastLook = performance.now();
    const before = feed.version();
    const change = feed.refresh();
    if (change === undefined) return;
    programs.send(() => ({ event: 'change', data: JSON.stringify(change) }));
    pages.send(() => pageFrame(before));
  };
  const lookSoon = (): void => {
    looking ??= setTimeout(look, Math.max(0, lastLook + PAUSE - performance.now())).unref();
  };
  const pageFrame = (since: string): Frame => ({
    ...{ event: 'change', id: feed.version(), data: feed.frameSince(since) },
  });
  const statusFrame = (): Frame => ({ event: 'status', data: JSON.stringify(feed.status()) });
  /** Whoever begins now must have all that changed before, and who was there before must not miss it. */
  const lookNow = (): void => {
    clearTimeout(looking);
    look();
  };
  const onCount = (): void => {
    const anybody = programs.count() + pages.count() > 0;
    if (anybody === (unwatch !== undefined)) return;
    if (anybody) {
      unwatch = desk.watch(lookSoon);
      beating = setInterval(() => {
        programs.beat();
        pages.beat();
        lookSoon();
      }, BEAT).unref();
    } else {
      unwatch?.();
      unwatch = undefined;
      clearInterval(beating);
      clearTimeout(looking);
      looking = undefined;
    }
  };
  const programs = createViewers(onCount);
  const pages = createViewers(onCount);
  const checkRoom = (): void => {
    if (programs.count() + pages.count() < MOST_VIEWERS) return;
    throw new RequestError(503, 'input/fleet-request', 'too many look on at once', {
      retryAfter: 30,
    });
  };
  return {
    look: lookNow,
    follow: (response) => {
      checkRoom();
      lookNow();
      programs.add(response, statusFrame(), statusFrame);
    },
    followPage: (response, version) => {
      checkRoom();
      lookNow();
      pages.add(response, pageFrame(version), pageFrame);
    },
  };
}
