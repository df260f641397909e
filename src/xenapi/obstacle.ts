// A reason why a host cannot join a pool, as XenAPI calls it, with what to do about it.

export interface Obstacle {
  /** The code that pool.join would give. */
  code: string;
  /** What is in the way, in one sentence. */
  text: string;
  /** What to do, in one sentence. */
  hint: string;
}

/** One in the list, or none. */
export function obstacle(
  stands: boolean,
  code: string,
  text: () => string,
  hint: string,
): Obstacle[] {
  return stands ? [{ code, text: text(), hint }] : [];
}
