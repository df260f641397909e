// A line of the journal: an entry, its number among all of the fleet, and the number that its lot began with.
import * as z from 'zod';
import type { Entry } from '../state/event.ts';

export interface Line {
  /** Counted from 1 over all files. */
  n: number;
  /** The first number of those that were written together: what is missing of them was never promised to anybody. */
  lot: number;
  entry: Entry;
}

const TYPES = [
  'seen', 'twin', 'replaced', 'named', 'armed', 'released', 'restarted', 'step', 'reported', 'failed', 'retry',
  'started', 'paused', 'resumed', 'approved', 'elected',
] as const satisfies Entry['event']['type'][]; // prettier-ignore

/** What a machine is called, or `fleet`. */
export const SUBJECT = /^(?:fleet|[0-9a-f]{2}(?::[0-9a-f]{2}){5})$/;

const eventSchema = z.looseObject({ type: z.enum(TYPES) });

const lineSchema = z.strictObject({
  n: z.int().min(1),
  lot: z.int().min(1),
  time: z.iso.datetime(),
  subject: z.string().regex(SUBJECT),
  event: eventSchema,
});

export function formatLine({ n, lot, entry }: Line): string {
  const { time, subject, event } = entry;
  return `${JSON.stringify({ n, lot, time, subject, event })}\n`;
}

/** A line without its end; undefined where it is none. */
export function parseLine(text: string): Line | undefined {
  const data = parseJson(text);
  const { success, data: line } = lineSchema.safeParse(data);
  if (!success) return undefined;
  const { n, lot, ...entry } = line;
  return { n, lot, entry: entry as unknown as Entry };
}

/** An event as it is kept by itself; undefined where it is none. */
export function parseEvent(text: string): Entry['event'] | undefined {
  const { success, data } = eventSchema.safeParse(parseJson(text));
  return success ? (data as unknown as Entry['event']) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
