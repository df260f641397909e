// The lock fails closed: what dpkg says is installed must be the lock, package by package.
import { KronosError } from '../../common/error.ts';
import type { DpkgRecord } from './control.ts';

export interface ExpectedPackage {
  name: string;
  version: string;
  architecture: string;
  /** True where a recipe names it. */
  asked: boolean;
}

/** Every way in which a tree and the lock can differ, one line each; empty when they agree. */
export function findDifferences(
  installed: readonly DpkgRecord[],
  expected: readonly ExpectedPackage[],
): string[] {
  const lines: string[] = [];
  const found = new Map(installed.map((entry) => [`${entry.name}:${entry.architecture}`, entry]));
  for (const want of expected) {
    const key = `${want.name}:${want.architecture}`;
    const have = found.get(key);
    found.delete(key);
    if (have === undefined) {
      lines.push(`${key} ${want.version} is in the lock but was not installed`);
    } else if (have.version !== want.version) {
      lines.push(`${key} is ${have.version}, the lock says ${want.version}`);
    } else if (have.status !== 'install ok installed') {
      lines.push(`${key} ${want.version} is not fully installed: ${have.status}`);
    }
  }
  for (const [key, extra] of found) {
    lines.push(`${key} ${extra.version} was installed but is not in the lock`);
  }
  return lines;
}

/**
 * Packages that no recipe asked for and nothing that was asked for leads to: somebody wrote them into the lock.
 * Every alternative of a dependency counts, since the lock says which one was taken.
 */
export function findUnasked(
  installed: readonly DpkgRecord[],
  expected: readonly ExpectedPackage[],
): string[] {
  const providers = new Map<string, DpkgRecord[]>();
  for (const record of installed) {
    for (const name of [record.name, ...record.provides]) {
      providers.set(name, [...(providers.get(name) ?? []), record]);
    }
  }
  const asked = new Set(expected.filter((entry) => entry.asked).map((entry) => entry.name));
  const queue = installed.filter((record) => record.base || asked.has(record.name));
  const reached = new Set(queue);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const record of next.needs.flatMap((name) => providers.get(name) ?? [])) {
      if (reached.has(record)) continue;
      reached.add(record);
      queue.push(record);
    }
  }
  const locked = new Set(expected.map((entry) => entry.name));
  return installed
    .filter((record) => locked.has(record.name) && !reached.has(record))
    .map(({ name, version }) => `${name} ${version} is in the lock but nothing asks for it`);
}

/** Errors: `verification/lock-mismatch` naming every difference. */
export function compareInstalled(
  installed: readonly DpkgRecord[],
  expected: readonly ExpectedPackage[],
  what: string,
): void {
  const differences = [
    ...findDifferences(installed, expected),
    ...findUnasked(installed, expected),
  ];
  if (differences.length === 0) return;
  throw new KronosError(
    'verification/lock-mismatch',
    `the ${what} packages differ from the lock:\n    ${differences.join('\n    ')}`,
    {
      hint: 'a package file holds something else than the lock says: kronos lock makes a new lock',
      details: { differences },
    },
  );
}
