// Work side by side that ends together.

/**
 * Waits for all, also where one fails: nothing may go on writing while others clean up. Errors: the first in the order
 * given.
 */
export async function finishAll<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
