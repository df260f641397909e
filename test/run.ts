// What `npm test` runs after ./kronos has set itself up: the checks of the repository, then the unit tests.
// Ends with the line `N passed, N failed`.
import { join } from 'node:path';
import { installPackages } from '../src/builder/ensure-host.ts';
import {
  BUILD_PROGRAMS,
  findMissing,
  packagesOf,
  type HostProgram,
} from '../src/builder/host-programs.ts';
import { runAva } from './ava.ts';
import { runChecks } from './checks.ts';
import { formatSummary } from './summary.ts';

/** What tests use besides what a build needs. */
const TEST_PROGRAMS: readonly HostProgram[] = [
  ...BUILD_PROGRAMS,
  { name: 'gpg', package: 'gnupg', purpose: 'sign and check signatures' },
];

const root = join(import.meta.dirname, '../..');

/** Root on a fresh machine gets what is missing; an ordinary user is told. */
async function ensurePrograms(): Promise<boolean> {
  const packages = packagesOf(await findMissing(TEST_PROGRAMS));
  if (packages.length === 0) return true;
  if (process.getuid?.() !== 0) {
    console.log(`not ok - the tests need packages; as root: apt-get install ${packages.join(' ')}`);
    return false;
  }
  console.log(`installing for the tests: ${packages.join(' ')}`);
  await installPackages(packages);
  return true;
}

const ready = await ensurePrograms();
const checks = await runChecks(root);
const units = await runAva(root, { title: 'unit tests', arguments: process.argv.slice(2) });
const total = {
  passed: checks.passed + units.passed,
  failed: checks.failed + units.failed + (ready ? 0 : 1),
};
console.log(formatSummary(total));
process.exitCode = total.failed === 0 ? 0 : 1;
