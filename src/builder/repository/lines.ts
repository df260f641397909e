// What an administrator pastes to use a repository.
import { ARMOURED_KEYRING, KEYRING } from './key.ts';
import { RPM } from './yum-archive.ts';

export interface LinesInput {
  /** Where the directory is served. */
  url: string;
  label: string;
  /** Suites with Debian packages, and those with RPM packages. */
  suites: { apt: readonly string[]; yum: readonly string[] };
  /** Fingerprint of the key. */
  fingerprint: string;
  /** sha256 of the binary keyring. */
  keyring: string;
}

/** Where the package with the keyring will put it too, which then takes over. */
const KEYRING_PLACE = `/usr/share/keyrings/${KEYRING}`;

/** A name for files and sections: `Acme Xen` becomes `acme-xen`. */
function nameOf(label: string): string {
  return label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The address without slashes at its end. */
function baseOf(url: string): string {
  return url.replace(/\/+$/, '');
}

/** Other suites as a comment, where there are some. */
function otherSuites(suites: readonly string[]): string[] {
  return suites.length > 1 ? [`# or: ${suites.slice(1).join(', ')}`] : [];
}

/** A deb822 source that trusts this key for this repository and nothing else. */
export function aptSource({ url, suites }: LinesInput): string {
  return [
    'Types: deb',
    `URIs: ${baseOf(url)}`,
    ...otherSuites(suites.apt),
    `Suites: ${suites.apt[0] ?? ''}`,
    'Components: main',
    `Signed-By: ${KEYRING_PLACE}`,
    '',
  ].join('\n');
}

/** A .repo file with which both the metadata and every package must be signed. */
export function yumSource({ url, suites, label }: LinesInput): string {
  const [suite = ''] = suites.yum;
  return [
    `[${nameOf(label)}]`,
    `name=${label}`,
    ...otherSuites(suites.yum),
    `baseurl=${baseOf(url)}/${RPM}/${suite}/`,
    'enabled=1',
    'gpgcheck=1',
    'repo_gpgcheck=1',
    `gpgkey=${baseOf(url)}/${ARMOURED_KEYRING}`,
    '',
  ].join('\n');
}

/** All of it as lines for a root shell. */
export function formatLines(input: LinesInput): string {
  const base = baseOf(input.url);
  const name = nameOf(input.label);
  const parts: string[] = [];
  if (input.suites.apt.length > 0) {
    parts.push(
      [
        '# Debian and Ubuntu, as root; the digest stands for the key',
        `/usr/lib/apt/apt-helper download-file ${base}/${KEYRING} \\`,
        `  ${KEYRING_PLACE} \\`,
        `  SHA256:${input.keyring}`,
        `cat >/etc/apt/sources.list.d/${name}.sources <<'END'`,
        `${aptSource(input)}END`,
        'apt-get update',
      ].join('\n'),
    );
  }
  if (input.suites.yum.length > 0) {
    parts.push(
      [
        '# Red Hat family, as root; dnf shows the fingerprint of the key and asks:',
        `# ${input.fingerprint}`,
        `cat >/etc/yum.repos.d/${name}.repo <<'END'`,
        `${yumSource(input)}END`,
      ].join('\n'),
    );
  }
  return parts.join('\n\n');
}
