// The distribution's programs that make and check repositories.
import type { HostProgram } from '../host-programs.ts';
import type { PackageFiles } from './inputs.ts';

const SIGN: readonly HostProgram[] = [
  { name: 'gpg', package: 'gnupg', purpose: 'sign indices' },
  { name: 'gpgv', package: 'gpgv', purpose: 'check signatures of indices' },
];

const APT: readonly HostProgram[] = [
  { name: 'dpkg-deb', package: 'dpkg', purpose: 'read packages' },
  { name: 'apt-ftparchive', package: 'apt-utils', purpose: 'make the index of an apt repository' },
  { name: 'xz', package: 'xz-utils', purpose: 'compress the index of an apt repository' },
];

const CHECK_RPM: readonly HostProgram[] = [
  { name: 'rpm', package: 'rpm', purpose: 'read packages' },
  { name: 'rpmkeys', package: 'rpm', purpose: 'check packages' },
];

const YUM: readonly HostProgram[] = [
  ...CHECK_RPM,
  { name: 'rpmsign', package: 'rpm', purpose: 'sign packages' },
  { name: 'createrepo_c', package: 'createrepo-c', purpose: 'make the index of a yum repository' },
];

/** What putting these packages into a repository takes; without any, what a repository of both kinds takes. */
export function makingPrograms({ debs, rpms }: PackageFiles): HostProgram[] {
  const none = debs.length + rpms.length === 0;
  return [...SIGN, ...(none || debs.length > 0 ? APT : []), ...(rpms.length > 0 ? YUM : [])];
}

/** What checking a repository takes. */
export function checkingPrograms(kinds: { rpm: boolean }): HostProgram[] {
  const gpgv = SIGN.filter(({ name }) => name === 'gpgv');
  return kinds.rpm ? [...SIGN, ...CHECK_RPM] : gpgv;
}
