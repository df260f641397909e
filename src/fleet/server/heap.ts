// How much memory a server lets stand that it no longer needs.
import { setFlagsFromString } from 'node:v8';

/** Percent by which the heap may grow until it is looked through again; V8 itself waits until a small one is four times as large. */
const GROWTH = 30;

/**
 * From now on this process rather looks through its heap more often than to let it grow: requests by the hundred thousand
 * leave much behind, and a server shares its machine. Nothing is forbidden: what is needed is had.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
