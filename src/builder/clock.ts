// A clock that is wrong on purpose: `build --verify` makes the second build on another day. Only programs that make
// artefacts see it (tools and maintainer scripts), through libfaketime of the tools tree.
import { join } from 'node:path';

/** Days by which the clock of tools and maintainer scripts is off; set for the second build of `build --verify`. */
export const CLOCK_SHIFT_VARIABLE = 'KRONOS_CLOCK_SHIFT';

const LIBRARY = 'usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** Where maintainer scripts find the library inside a tree. */
export const TREE_LIBRARY = '/run/kronos-faketime.so';

/** The shift in days, or undefined on an honest clock. */
export function clockShift(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): number | undefined {
  const text = environment[CLOCK_SHIFT_VARIABLE];
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** The library in a tools tree. */
export function clockLibrary(toolsRoot: string): string {
  return join(toolsRoot, LIBRARY);
}

/** What libfaketime reads: only the time of day is moved, waiting takes as long as ever and files keep their dates. */
export function clockEnvironment(days: number): Record<string, string> {
  return {
    FAKETIME: `${days < 0 ? '-' : '+'}${Math.abs(days)}d`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}
