// Times in which machines may be armed, by the clock of a place.
import type { Window } from '../file/fleet.ts';

const DAY = 24 * 60;

/** As the days of a window count them. */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Whether a window is open, or there is none. `now`: milliseconds since 1970. */
export function isOpen(windows: readonly Window[], now: number): boolean {
  return windows.length === 0 || windows.some((window) => isWithin(window, now));
}

function isWithin(window: Window, now: number): boolean {
  const { day, minute } = localTime(window.timezone, now);
  const { days, from, to } = window;
  if (from < to) return days.includes(day) && minute >= from && minute < to;
  if (days.includes(day) && minute >= from) return true;
  return days.includes((day + 6) % 7) && minute < to;
}

/** When the next window opens, in words: `Saturday 22:00 Europe/Berlin`. */
export function describeOpening(windows: readonly Window[], now: number): string | undefined {
  let soonest: { minutes: number; text: string } | undefined;
  for (const { days, from, timezone } of windows) {
    const { day, minute } = localTime(timezone, now);
    for (const begin of days) {
      const ahead = ((begin - day + 7) % 7) * DAY + from - minute;
      const minutes = ahead < 0 ? ahead + 7 * DAY : ahead;
      if (soonest !== undefined && soonest.minutes <= minutes) continue;
      const clock = [Math.floor(from / 60), from % 60].map((part) => String(part).padStart(2, '0'));
      soonest = { minutes, text: `${DAYS[begin] ?? ''} ${clock.join(':')} ${timezone}` };
    }
  }
  return soonest?.text;
}

/** Day of the week (0 Sunday) and minutes after midnight. */
function localTime(timezone: string, now: number): { day: number; minute: number } {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: timezone, weekday: 'long', hour: '2-digit', minute: '2-digit' },
      hourCycle: 'h23',
    });
    clocks.set(timezone, clock);
  }
  const parts = new Map(clock.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(parts.get('weekday') ?? ''),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
