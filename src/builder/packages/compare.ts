// The lock fails closed: what dpkg says is installed must be the lock, package by package.
import { KronosError } from '../../common/error.ts';
import type { DpkgRecord } from './control.ts';

export interface ExpectedPackage {
  name: string;
  version: string;
  architecture: string;
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

/** Errors: `verification/lock-mismatch` naming every difference. */
export function compareInstalled(
  installed: readonly DpkgRecord[],
  expected: readonly ExpectedPackage[],
  what: string,
): void {
  const differences = findDifferences(installed, expected);
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
