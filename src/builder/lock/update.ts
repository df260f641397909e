// Partial updates: which packages stay where they are while others move.
import type { PackageIndex } from '../apt/packages.ts';
import type { Pin } from '../apt/pins.ts';
import type { Lock, LockedPackage } from './lock.ts';

/** Names that a package's newest version depends on, directly or not. */
function closure(index: PackageIndex, names: Iterable<string>): Set<string> {
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const alternatives of index.newest(name)?.depends ?? []) {
      for (const relation of alternatives) queue.push(relation.name);
    }
  }
  return found;
}

/** Packages built from the same source as one of `names`: they mostly need one another in one version. */
function siblings(index: PackageIndex, lock: Lock, names: ReadonlySet<string>): Set<string> {
  const sources = new Set([...names].flatMap((name) => index.newest(name)?.source ?? []));
  const found = new Set(names);
  for (const { name } of lock.packages) {
    const source = index.newest(name)?.source;
    if (source !== undefined && sources.has(source)) found.add(name);
  }
  return found;
}

/**
 * Pins that keep a lock's versions while the packages in `update` may move, from the tightest to the loosest:
 * only they and what is built from the same sources; then also what they depend on; then nothing is held.
 */
export function relaxations(lock: Lock, update: readonly string[], index: PackageIndex): Pin[][] {
  const named = siblings(index, lock, new Set(update));
  const free = [named, siblings(index, lock, closure(index, named))];
  const pinsOf = (moving: ReadonlySet<string>) => {
    const held = lock.packages.filter((locked: LockedPackage) => !moving.has(locked.name));
    return held.map(({ name, version }) => ({ name, version }));
  };
  return [...free.map(pinsOf), []];
}
