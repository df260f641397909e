// The distribution's programs that make and check repositories.
import type { HostProgram } from '../host-programs.ts';

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

/** What making a repository with these halves takes. */
export function makingPrograms(kinds: { apt: boolean; yum: boolean }): HostProgram[] {
  return [...SIGN, ...(kinds.apt ? APT : []), ...(kinds.yum ? YUM : [])];
}

/** What checking a repository takes. */
export function checkingPrograms(kinds: { yum: boolean }): HostProgram[] {
  const gpgv = SIGN.filter(({ name }) => name === 'gpgv');
  return kinds.yum ? [...SIGN, ...CHECK_RPM] : gpgv;
}
