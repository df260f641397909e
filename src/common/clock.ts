// A clock that only goes forward.

/** Milliseconds since some moment. Node loads three modules for `performance`, which takes a slow machine half a second. */
export function milliseconds(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
