// Which recipe brought a package: the one that names it, else the first whose requests lead to it.
import { satisfies } from './relations.ts';
import type { PackageRecord } from './packages.ts';

/** What one recipe asks of one layer. */
export interface RecipeRequests {
  recipe: string;
  /** Names of packages. */
  names: readonly string[];
}

export interface Attribution {
  recipe: string;
  asked: boolean;
}

/**
 * Attributes every package of a solution. Recipes count in their order; `always` are packages that are there whatever
 * is asked (essential ones), and they belong to the first recipe. `present` are packages of layers below, which lead
 * to nothing new. Packages that no request leads to (there are none in a sound solution) fall to the first recipe.
 */
export function attributePackages(
  solution: readonly PackageRecord[],
  requests: readonly RecipeRequests[],
  always: readonly string[] = [],
): Map<string, Attribution> {
  const byName = new Map(solution.map((record) => [record.name, record]));
  const providers = new Map<string, { record: PackageRecord; version?: string }[]>();
  for (const record of solution) {
    for (const { name, version } of record.provides) {
      const list = providers.get(name) ?? [];
      list.push(version === undefined ? { record } : { record, version });
      providers.set(name, list);
    }
  }
  const result = new Map<string, Attribution>();
  for (const { recipe, names } of requests) {
    for (const name of names) {
      if (byName.has(name) && !result.has(name)) result.set(name, { recipe, asked: true });
    }
  }
  const visited = new Set<string>();
  requests.forEach(({ recipe, names }, order) => {
    const queue = order === 0 ? [...names, ...always] : [...names];
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const record = byName.get(name);
      if (record === undefined || visited.has(name)) continue;
      visited.add(name);
      if (!result.has(name)) result.set(name, { recipe, asked: false });
      for (const alternatives of record.depends) {
        for (const relation of alternatives) {
          const real = byName.get(relation.name);
          if (real !== undefined && satisfies(real.version, relation)) queue.push(real.name);
          for (const provider of providers.get(relation.name) ?? [])
            queue.push(provider.record.name);
        }
      }
    }
  });
  const fallback = requests[0]?.recipe ?? '';
  for (const { name } of solution) {
    if (!result.has(name)) result.set(name, { recipe: fallback, asked: false });
  }
  return result;
}
