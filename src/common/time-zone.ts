// Names of time zones.
import { nearest } from './nearest.ts';

/** To ask for one takes a slow machine half a second; those of most hosts, and of host files that name none, need no asking. */
const known = new Map([
  ['UTC', true],
  ['Etc/UTC', true],
]);

/** Whether there is a time zone of this name, as far as Node knows. */
export function isTimeZone(name: string): boolean {
  const earlier = known.get(name);
  if (earlier !== undefined) return earlier;
  let found = true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    found = false;
  }
  known.set(name, found);
  return found;
}

/** The name that was most likely meant. */
export function nearestTimeZone(name: string): string | undefined {
  return nearest(name, Intl.supportedValuesOf('timeZone'));
}
