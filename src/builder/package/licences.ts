// Licence texts of several bundles as one.
import { LICENCE_RULE } from '../bundle.ts';

/** Every library once, sorted by name and version; empty where there is none. */
export function mergeLicences(texts: readonly string[]): string {
  const parts = texts.flatMap((text) => (text === '' ? [] : text.trim().split(LICENCE_RULE)));
  return [...new Set(parts)].sort().join(LICENCE_RULE);
}
