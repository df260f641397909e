// The programs that a build takes from the machine itself; all that touches artefacts comes from the lock instead.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

export interface HostProgram {
  name: string;
  /** The Debian package that brings it. */
  package: string;
  /** What it is for, as the end of "needed to ...". */
  purpose: string;
}

/** What every build needs. All of it is there on any Debian; other systems may lack some. */
export const BUILD_PROGRAMS: readonly HostProgram[] = [
  { name: 'dpkg-deb', package: 'dpkg', purpose: 'unpack packages' },
  { name: 'tar', package: 'tar', purpose: 'unpack packages' },
  { name: 'unshare', package: 'util-linux', purpose: 'make sandboxes' },
  { name: 'setpriv', package: 'util-linux', purpose: 'end sandboxes with their parent' },
  { name: 'mount', package: 'mount', purpose: 'make sandboxes' },
  { name: 'apt-get', package: 'apt', purpose: 'resolve and fetch packages' },
  { name: 'gpgv', package: 'gpgv', purpose: 'check signatures of package indices' },
];

/** What an ordinary user needs besides. */
export const USER_PROGRAMS: readonly HostProgram[] = [
  { name: 'newuidmap', package: 'uidmap', purpose: 'build without being root' },
  { name: 'newgidmap', package: 'uidmap', purpose: 'build without being root' },
];

/** Ordinary users often lack sbin. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The path of a program, or undefined. */
export async function findProgram(name: string): Promise<string | undefined> {
  const directories = (process.env['PATH'] ?? '').split(':').filter((part) => part !== '');
  for (const directory of [...directories, ...SYSTEM_PATH]) {
    const path = join(directory, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return undefined;
}

/** Those of `programs` that this machine does not have. */
export async function findMissing(programs: readonly HostProgram[]): Promise<HostProgram[]> {
  const found = await Promise.all(programs.map((program) => findProgram(program.name)));
  return programs.filter((_, index) => found[index] === undefined);
}

/** The Debian packages of programs, each once, in the order given. */
export function packagesOf(programs: readonly HostProgram[]): string[] {
  return [...new Set(programs.map((program) => program.package))];
}
