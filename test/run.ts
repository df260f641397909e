// What `npm test` runs after ./kronos has set itself up: the checks of the repository, then the unit tests.
// Ends with the line `N passed, N failed`.
import { join } from 'node:path';
import { ensureTools } from '../src/builder/build.ts';
import { BUILD_PROGRAMS, USER_PROGRAMS, type HostProgram } from '../src/builder/host-programs.ts';
import { makingPrograms } from '../src/builder/repository/programs.ts';
import { ELF_PROGRAMS } from '../src/builder/component/elf.ts';
import { RPM_PROGRAMS } from '../src/builder/component/rpm.ts';
import { cacheDirectory } from '../src/cli/options.ts';
import { formatError } from '../src/common/error.ts';
import { readTextOrUndefined } from '../src/common/files.ts';
import { UNOBSERVED } from '../src/common/progress.ts';
import { runAva } from './ava.ts';
import { runChecks } from './checks.ts';
import { ensurePrograms } from './programs.ts';
import { formatSummary } from './summary.ts';

/** After version 12 Debian made a package of every agent; the old name now brings all of them. */
const FENCE_AGENTS = /^VERSION_CODENAME=bookworm$/m.test(
  (await readTextOrUndefined('/etc/os-release')) ?? '',
)
  ? 'fence-agents'
  : 'fence-agents-xenapi';

/** What tests use besides what a build needs. */
const TEST_PROGRAMS: readonly HostProgram[] = [
  ...BUILD_PROGRAMS,
  // Some become an ordinary user.
  ...USER_PROGRAMS,
  { name: 'gpg', package: 'gnupg', purpose: 'sign and check signatures' },
  ...ELF_PROGRAMS,
  ...RPM_PROGRAMS,
  { name: 'dnsmasq', package: 'dnsmasq-base', purpose: 'check its configuration and start it' },
  { name: 'openssl', package: 'openssl', purpose: 'make certificates and hash passwords' },
  { name: 'fence_xenapi', package: FENCE_AGENTS, purpose: 'be a client of the simulated xapi' },
  ...makingPrograms({ apt: true, yum: true }),
  { name: 'rpmbuild', package: 'rpm', purpose: 'make packages' },
  { name: 'systemd-analyze', package: 'systemd', purpose: 'check units' },
  { name: 'dnf', package: 'dnf', purpose: 'install packages from a repository' },
  { name: 'lintian', package: 'lintian', purpose: 'check packages' },
  // The server itself lies beside those of its other versions, where no shell finds it.
  { name: 'pg_createcluster', package: 'postgresql', purpose: 'share a fleet between servers' },
  { name: 'rpmlint', package: 'rpmlint', purpose: 'check packages' },
];

const root = join(import.meta.dirname, '../..');

/** Tests of what makes media use the tools of the lock, as builds do; they find them through the environment. */
async function findTools(): Promise<boolean> {
  try {
    process.env['KRONOS_TOOLS_ROOT'] ??= await ensureTools({
      edition: 'debian-13',
      cache: cacheDirectory(undefined),
      observer: UNOBSERVED,
      signal: new AbortController().signal,
    });
    return true;
  } catch (error) {
    console.log(`not ok - tools\n${formatError(error)}`);
    return false;
  }
}

const ready = [await ensurePrograms(TEST_PROGRAMS), await findTools()];
const checks = await runChecks(root);
const units = await runAva(root, { title: 'unit tests', arguments: process.argv.slice(2) });
const total = {
  passed: checks.passed + units.passed,
  failed: checks.failed + units.failed + ready.filter((well) => !well).length,
};
console.log(formatSummary(total));
process.exitCode = total.failed === 0 ? 0 : 1;
