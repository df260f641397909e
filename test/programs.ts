// Programs that tests need, from packages of the machine.
import { installPackages } from '../src/builder/ensure-host.ts';
import { findMissing, packagesOf, type HostProgram } from '../src/builder/host-programs.ts';

/** Root on a fresh machine gets what is missing; an ordinary user is told. */
export async function ensurePrograms(programs: readonly HostProgram[]): Promise<boolean> {
  const packages = packagesOf(await findMissing(programs));
  if (packages.length === 0) return true;
  if (process.getuid?.() !== 0) {
    console.log(`not ok - the tests need packages; as root: apt-get install ${packages.join(' ')}`);
    return false;
  }
  console.log(`installing for the tests: ${packages.join(' ')}`);
  await installPackages(packages);
  return true;
}
