// The part of the preflight that compares two hosts: products, versions, processors, directories of users.
import { obstacle, type Obstacle } from './obstacle.ts';
import type { HostRecord } from './view.ts';

/** Fields of software_version that must be the same in any case, then those that force overrides. */
const COMPATIBLE = ['platform_version', 'product_brand', 'platform_name'];
const HOMOGENEOUS = ['xapi', 'git_id'];

/** What differs between the host and the coordinator of the pool. `force`: what pool.join_force lets pass is left out. */
export function findVersions(
  own: HostRecord | undefined,
  theirs: HostRecord | undefined,
  force: boolean,
): Obstacle[] {
  if (own === undefined || theirs === undefined) return [];
  const differing = (names: readonly string[]): string[] =>
    names
      .filter((name) => own.software_version[name] !== theirs.software_version[name])
      .map(
        (name) =>
          `${name} ${own.software_version[name] ?? 'none'}, in the pool ${theirs.software_version[name] ?? 'none'}`,
      );
  const incompatible = differing(COMPATIBLE);
  const versions = differing(HOMOGENEOUS);
  const [ownApi, theirApi] = [own, theirs].map(
    (host) => `${host.API_version_major}.${host.API_version_minor}`,
  );
  const vendors = [own, theirs].map((host) => host.cpu_info['vendor'] ?? '');
  const backends = [own, theirs].map((host) => host.software_version['network_backend'] ?? '');
  const install = 'install both from the same image, or bring them to the same version';
  return [
    ...obstacle(
      incompatible.length > 0,
      'HOSTS_NOT_COMPATIBLE',
      () => `the products differ: ${incompatible.join('; ')}`,
      install,
    ),
    ...obstacle(
      !force && versions.length > 0,
      'HOSTS_NOT_HOMOGENEOUS',
      () => `the software differs: ${versions.join('; ')}`,
      install,
    ),
    ...obstacle(
      !force && vendors[0] !== vendors[1],
      'HOSTS_NOT_HOMOGENEOUS',
      () => `the processors are of different vendors: ${vendors.join(', in the pool ')}`,
      'virtual machines could not move between them; use another pool, or join with force',
    ),
    ...obstacle(
      own.external_auth_type !== theirs.external_auth_type ||
        own.external_auth_service_name !== theirs.external_auth_service_name,
      'POOL_JOINING_EXTERNAL_AUTH_MISMATCH',
      () => 'users are known from different directories',
      'give the host the external authentication of the pool, or none on both sides',
    ),
    ...obstacle(
      own.edition !== theirs.edition,
      'LICENSE_HOST_POOL_MISMATCH',
      () => `the edition is ${own.edition || 'none'}, in the pool ${theirs.edition || 'none'}`,
      'apply the edition of the pool: xe host-apply-edition',
    ),
    ...obstacle(
      backends[0] !== backends[1],
      'OPERATION_NOT_ALLOWED',
      () => `Network backends differ: ${backends.join(', in the pool ')}`,
      'use Open vSwitch on both: /etc/xensource/network.conf, then a restart',
    ),
    ...obstacle(
      ownApi !== theirApi,
      'POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION',
      () => `the API is ${ownApi ?? ''}, in the pool ${theirApi ?? ''}`,
      install,
    ),
    ...obstacle(
      own.software_version['db_schema'] !== theirs.software_version['db_schema'],
      'POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA',
      () => 'the databases have different forms',
      install,
    ),
    ...obstacle(
      own.last_update_hash !== theirs.last_update_hash,
      'HOSTS_NOT_HOMOGENEOUS',
      () => 'other updates are applied than in the pool',
      'update the host to the state of the pool',
    ),
  ];
}
