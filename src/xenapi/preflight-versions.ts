// The part of the preflight that compares two hosts: products, versions, processors, editions, directories of users.
import { obstacle, type Obstacle } from './obstacle.ts';
import { ownHost, valuesOf, type HostRecord, type PoolView } from './view.ts';

const INSTALL = 'install both from the same image, or bring them to the same version';

/** A value of both hosts under the name that people know. */
type Compared = readonly [name: string, value: (host: HostRecord) => string | undefined];

const fieldOf = (name: string): Compared => [name, (host) => host.software_version[name]];

/** Must be the same in any case, then what force overrides. The platform counts only where there is no brand. */
const COMPATIBLE: readonly Compared[] = [
  fieldOf('platform_version'),
  [
    'product_brand',
    ({ software_version: version }) => version['product_brand'] ?? version['platform_name'],
  ],
];
const HOMOGENEOUS = [fieldOf('xapi'), fieldOf('git_id')];

/** What differs between the host and the coordinator of the pool. */
function compare(joiner: PoolView, pool: PoolView, what: readonly Compared[]): string[] {
  const [own, theirs] = [ownHost(joiner), ownHost(pool)];
  if (own === undefined || theirs === undefined) return [];
  return what
    .filter(([, value]) => value(own) !== value(theirs))
    .map(
      ([name, value]) => `${name} ${value(own) ?? 'none'}, in the pool ${value(theirs) ?? 'none'}`,
    );
}

/** `force`: what pool.join_force lets pass is left out. */
export function findProducts(joiner: PoolView, pool: PoolView, force: boolean): Obstacle[] {
  const incompatible = compare(joiner, pool, COMPATIBLE);
  const versions = compare(joiner, pool, HOMOGENEOUS);
  const vendors = [joiner, pool].map((view) => ownHost(view)?.cpu_info['vendor'] ?? '');
  return [
    ...obstacle(
      incompatible.length > 0,
      'HOSTS_NOT_COMPATIBLE',
      () => `the products differ: ${incompatible.join('; ')}`,
      INSTALL,
    ),
    ...obstacle(
      !force && versions.length > 0,
      'HOSTS_NOT_HOMOGENEOUS',
      () => `the software differs: ${versions.join('; ')}`,
      INSTALL,
    ),
    ...obstacle(
      !force && vendors[0] !== vendors[1],
      'HOSTS_NOT_HOMOGENEOUS',
      () => `the processors are of different vendors: ${vendors.join(', in the pool ')}`,
      'virtual machines could not move between them; use another pool, or join with force',
    ),
  ];
}

/** To which directory of users and to which edition the two belong. */
export function findMemberships(joiner: PoolView, pool: PoolView): Obstacle[] {
  const directories = compare(joiner, pool, [
    ['type', (host) => host.external_auth_type],
    ['service', (host) => host.external_auth_service_name.toLowerCase()],
  ]);
  const own = ownHost(joiner)?.edition ?? '';
  const other = valuesOf(pool.host).find(({ edition }) => edition !== own);
  return [
    ...obstacle(
      directories.length > 0,
      'POOL_JOINING_EXTERNAL_AUTH_MISMATCH',
      () => 'users are known from different directories',
      'give the host the external authentication of the pool, or none on both sides',
    ),
    ...obstacle(
      other !== undefined,
      'LICENSE_HOST_POOL_MISMATCH',
      () => `the edition is ${own || 'none'}, in the pool ${other?.edition || 'none'}`,
      'apply the edition of the pool: xe host-apply-edition',
    ),
  ];
}

/** The API, the database, and updates that all hosts of a pool must have. */
export function findVersions(joiner: PoolView, pool: PoolView): Obstacle[] {
  const api = compare(joiner, pool, [
    ['the API is', (host) => `${host.API_version_major}.${host.API_version_minor}`],
  ]);
  const schemas = [joiner, pool].map((view) => ownHost(view)?.software_version['db_schema'] ?? '');
  const [own, theirs] = [updatesOf(joiner), updatesOf(pool)];
  const differing = [
    ...[...own].filter((name) => !theirs.has(name)).map((name) => `${name} only on the host`),
    ...[...theirs].filter((name) => !own.has(name)).map((name) => `${name} only in the pool`),
  ];
  return [
    ...obstacle(
      api.length > 0,
      'POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION',
      () => api.join(''),
      INSTALL,
    ),
    ...obstacle(
      schemas[0] !== schemas[1],
      'POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA',
      () => `the databases have different forms: ${schemas.join(', in the pool ')}`,
      INSTALL,
    ),
    ...obstacle(
      differing.length > 0,
      'HOSTS_NOT_HOMOGENEOUS',
      () => `other updates are applied than in the pool: ${differing.join(', ')}`,
      'update the host to the state of the pool',
    ),
  ];
}

/** Updates of the coordinator that say of themselves that all hosts must have them. */
function updatesOf(view: PoolView): Set<string> {
  const applied = (ownHost(view)?.updates ?? []).map((ref) => view.pool_update[ref]);
  return new Set(
    applied
      .filter((update) => update?.enforce_homogeneity === true)
      .map((update) => `${update?.name_label ?? ''} (${update?.uuid ?? ''})`),
  );
}
