// What must be on a Debian host before xapi starts for the first time. What packages or xapi brought stays as it is.

export interface PreparedPath {
  path: string;
  /** A file; without it a directory, or a link. */
  text?: string;
  /** Where a symbolic link points to. */
  target?: string;
  mode?: number;
  /** Where something is there already: it is replaced only if this says that it does not fit. */
  unfit?: (text: string) => boolean;
}

export interface PrepareFacts {
  /** /etc/firstboot.d/data/management.conf. */
  management: string;
}

const DIRECTORIES = [
  '/var/lib/xcp/debug',
  '/var/lib/xcp/forker',
  // The only place from which kernels of guests are started.
  '/var/lib/xcp/guest',
  '/var/lib/misc',
  '/var/lib/varstored',
  '/usr/share/varstored',
  '/usr/libexec/xapi/cluster-stack',
  ...['certs', 'certs-pool', 'crls'].map((name) => `/etc/stunnel/${name}`),
  '/etc/trusted-certs',
  ...['plugins', 'extensions'].map((name) => `/etc/xapi.d/${name}`),
  '/etc/xapi.pool-recommendations.d',
  '/etc/xcp',
  ...['master.d', 'static-vdis', 'installed-repos'].map((name) => `/etc/xensource/${name}`),
  ...[
    'bin',
    'libexec',
    'sm',
    'www',
    'gpg',
    'debug',
    'packages/iso',
    'packages/post-install-scripts',
  ].map((name) => `/opt/xensource/${name}`),
  // A join cleans package sources away and fails half way where there is no directory of them.
  '/etc/yum.repos.d',
  // Says that cards are ethN already; else xcp-networkd asks a program that Debian does not have.
  '/etc/sysconfig/network-scripts/interface-rename-data',
];

const DATABASE = '[/var/lib/xcp/state.db]\nmode:no_limit\nformat:xml\navailable_this_boot:true\n';

/** xapi runs it at the first start after every boot and ends where it is not there. */
const HOST_DISPLAY = `#!/bin/sh
# xapi asks whether the local console is shown; on this host it always is.
echo enabled
`;

/** Upstream's names a file of Red Hat's. */
const PAM = ['auth', 'account', 'password'].map((kind) => `@include common-${kind}\n`).join('');

/** Names that cards were given: of the host, so it lies where xapi has what is the host's. */
export const CARD_NAMES = '/etc/xensource/kronos-cards.json';

/**
 * The inventory once more. xapi replaces its own by renaming, which a file that is mounted from the state partition does not
 * let it do; so that one lies on the image, and here is what a new image gets.
 */
export const INVENTORY_COPY = '/etc/xensource/kronos-inventory';

/** xapi's own. */
export const INVENTORY = '/etc/xensource-inventory';

/** All that preparing may leave on a host, for a purge. */
export function leftPaths(): string[] {
  const made = xapiPaths({ management: '' }).map(({ path }) => path);
  return [...made, CARD_NAMES, INVENTORY_COPY, INVENTORY];
}

/** In the order in which they are made. Source: facts of xapi 26.17 (B1) and of xapi on Debian 13. */
export function xapiPaths({ management }: PrepareFacts): PreparedPath[] {
  return [
    ...DIRECTORIES.map((path) => ({ path })),
    { path: '/var/xapi', target: '/var/lib/xcp' },
    // Without an end of line: other content than these words is a broken pool for xapi.
    { path: '/etc/xensource/pool.conf', text: 'master' },
    { path: '/etc/xensource/db.conf', text: DATABASE },
    { path: '/etc/xensource/network.conf', text: 'openvswitch' },
    { path: '/etc/firstboot.d/data/management.conf', text: management },
    { path: '/opt/xensource/libexec/host-display', text: HOST_DISPLAY, mode: 0o755 },
    { path: '/etc/pam.d/xapi', text: PAM, unfit: (text) => text.includes('system-auth') },
  ];
}
