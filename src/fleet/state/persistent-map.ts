// A map of which every change makes another one, quickly: both share all that did not change.

type Bucket<V> = readonly (readonly [string, V])[];
type Branch<V> = readonly (Bucket<V> | undefined)[];

/** Branches, and buckets of each: with 10,000 keys a bucket has two or three. */
const WIDTH = 64;

const EMPTY: readonly undefined[] = Array.from({ length: WIDTH }, () => undefined);

/** Unlike a Map it lists its keys in no order that means anything, though always in the same one. */
export class PersistentMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #branches: readonly (Branch<V> | undefined)[];

  private constructor(branches: readonly (Branch<V> | undefined)[], size: number) {
    this.#branches = branches;
    this.size = size;
  }

  /** A map of these; one that is persistent already is given back as it is. */
  static of<V>(entries: ReadonlyMap<string, V> = new Map()): PersistentMap<V> {
    if (entries instanceof PersistentMap) return entries as PersistentMap<V>;
    let map = new PersistentMap<V>(EMPTY, 0);
    for (const [key, value] of entries) map = map.with(key, value);
    return map;
  }

  get(key: string): V | undefined {
    const [high, low] = placeOf(key);
    const bucket = this.#branches[high]?.[low];
    if (bucket === undefined) return undefined;
    for (const entry of bucket) if (entry[0] === key) return entry[1];
    return undefined;
  }

  has(key: string): boolean {
    const [high, low] = placeOf(key);
    return this.#branches[high]?.[low]?.some((entry) => entry[0] === key) ?? false;
  }

  /** The same map with another value for one key. */
  with(key: string, value: V): PersistentMap<V> {
    const [high, low] = placeOf(key);
    const bucket = this.#branches[high]?.[low] ?? [];
    const index = bucket.findIndex((entry) => entry[0] === key);
    const entry = [key, value] as const;
    if (index === -1) return this.#withBucket(high, low, [...bucket, entry], 1);
    return this.#withBucket(high, low, replace(bucket, index, entry), 0);
  }

  /** The same map without one key. */
  without(key: string): PersistentMap<V> {
    if (!this.has(key)) return this;
    const [high, low] = placeOf(key);
    const bucket = this.#branches[high]?.[low] ?? [];
    const rest = bucket.filter((entry) => entry[0] !== key);
    return this.#withBucket(high, low, rest, -1);
  }

  #withBucket(high: number, low: number, bucket: Bucket<V>, more: number): PersistentMap<V> {
    const branch = replace(this.#branches[high] ?? EMPTY, low, bucket);
    return new PersistentMap(replace(this.#branches, high, branch), this.size + more);
  }

  *entries(): Generator<[string, V], undefined> {
    for (const branch of this.#branches) {
      for (const bucket of branch ?? []) {
        for (const [key, value] of bucket ?? []) yield [key, value];
      }
    }
    return undefined;
  }

  *keys(): Generator<string, undefined> {
    for (const [key] of this.entries()) yield key;
    return undefined;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}

/** Many times as fast as Array.with. */
function replace<T>(list: readonly T[], index: number, item: T): readonly T[] {
  const copy = list.slice();
  copy[index] = item;
  return copy;
}

/** FNV-1a, folded to twelve bits. */
function placeOf(key: string): readonly [number, number] {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash ^= hash >>> 15;
  return [(hash >>> 6) & (WIDTH - 1), hash & (WIDTH - 1)];
}
