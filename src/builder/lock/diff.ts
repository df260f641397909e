// What changed between two locks.
import { compareVersions } from '../apt/version.ts';
import type { LayerName } from '../recipe/recipe.ts';
import type { Lock, LockedPackage } from './lock.ts';

export interface LockChange {
  name: string;
  layer: LayerName;
  kind: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'rebuilt';
  /** Version before; undefined where it was not there. */
  before?: string;
  /** Version after; undefined where it is gone. */
  after?: string;
}

function keyOf(locked: LockedPackage): string {
  return `${locked.layer} ${locked.name} ${locked.architecture === 'all' ? '' : locked.architecture}`;
}

/** Changes from `a` to `b`, by layer and name. `rebuilt`: the same version with other content. */
export function diffLocks(a: Pick<Lock, 'packages'>, b: Pick<Lock, 'packages'>): LockChange[] {
  const before = new Map(a.packages.map((locked) => [keyOf(locked), locked]));
  const after = new Map(b.packages.map((locked) => [keyOf(locked), locked]));
  const changes: LockChange[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const old = before.get(key);
    const now = after.get(key);
    if (old === undefined && now !== undefined) {
      changes.push({ name: now.name, layer: now.layer, kind: 'added', after: now.version });
    } else if (old !== undefined && now === undefined) {
      changes.push({ name: old.name, layer: old.layer, kind: 'removed', before: old.version });
    } else if (old !== undefined && now !== undefined) {
      const order = compareVersions(old.version, now.version);
      if (order === 0 && old.sha256 === now.sha256) continue;
      const kind = order < 0 ? 'upgraded' : order > 0 ? 'downgraded' : 'rebuilt';
      changes.push({
        name: now.name,
        layer: now.layer,
        kind,
        before: old.version,
        after: now.version,
      });
    }
  }
  return changes;
}

/** One change as a person reads it: `openssl 3.5.6-1 -> 3.5.7-1`. */
export function formatChange(change: LockChange): string {
  const { name, kind, before, after } = change;
  if (kind === 'added') return `+ ${name} ${after ?? ''}`;
  if (kind === 'removed') return `- ${name} ${before ?? ''}`;
  if (kind === 'rebuilt') return `~ ${name} ${after ?? ''} (same version, other content)`;
  return `  ${name} ${before ?? ''} -> ${after ?? ''}`;
}
