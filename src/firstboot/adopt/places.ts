// Where things of an adopted host are.

/** What the host is to be. */
export const HOST_FILE = '/etc/kronos/host.yaml';

/** Runs once at the next start, and removes itself. */
export const RELEASE_UNIT = '/etc/systemd/system/kronos-release.service';

/** What lets it run. */
export const RELEASE_WANT = '/etc/systemd/system/multi-user.target.wants/kronos-release.service';

/** What keeps Open vSwitch forwarding until the next start, which forgets it. */
export const RELEASE_DROP_INS = ['ovs-vswitchd', 'ovsdb-server'].map(
  (unit) => `/run/systemd/system/${unit}.service.d/kronos-release.conf`,
);
