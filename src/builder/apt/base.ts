// What a Debian system has whatever is asked.
import type { PackageIndex } from './packages.ts';

/** Names of essential packages and those of priority `required`; `distribution` are the names of its sources. */
export function basePackages(index: PackageIndex, distribution: ReadonlySet<string>): string[] {
  return index.names().filter((name) => {
    const record = index.newest(name, distribution);
    return record !== undefined && (record.essential || record.priority === 'required');
  });
}
