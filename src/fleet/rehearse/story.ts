// What one machine lived through, as itself: what the server says of it is held against this.
import type { FateKind } from './fate.ts';

/** What the time of a machine goes by with. */
export const SPENT = [
  'firmware',
  'download',
  'live',
  'waiting',
  'install',
  'first-boot',
  'join',
  'broken',
] as const;

export type Spent = (typeof SPENT)[number];

export interface Story {
  mac: string;
  /** Seconds of each kind. */
  seconds: Record<Spent, number>;
  /** Seconds of downloads that were for others on the same link, and of joins that were for others at the coordinator. */
  linkWait: number;
  joinWait: number;
  /** Installations that were begun, by the name that the server gave the machine. */
  installations: { host: string; attempt: number; fate: FateKind }[];
  /** Starts of the live system after which it was told to install though it was ready already. */
  again: number;
  /** Whether it was through, and the server said that it knows. */
  ready: boolean;
  /** Joins to a pool that succeeded. */
  joins: number;
  /** What the server refused or said besides. */
  strange: string[];
}

export function startStory(mac: string): Story {
  const seconds = Object.fromEntries(SPENT.map((name) => [name, 0])) as Record<Spent, number>;
  return {
    ...{ mac, seconds, linkWait: 0, joinWait: 0, installations: [] },
    ...{ again: 0, ready: false, joins: 0, strange: [] },
  };
}
