// Everything that pool.join would refuse, found in one pass before anything is changed. The server tells the first only.
import { obstacle, type Obstacle } from './obstacle.ts';
import { findAddressing, findNetworks, findSwitches } from './preflight-networks.ts';
import { findTrust } from './preflight-trust.ts';
import { findMemberships, findProducts, findVersions } from './preflight-versions.ts';
import { managementPif, ownHost, valuesOf, type PoolView } from './view.ts';

/** Hosts of a pool whose licence restricts its size. */
const RESTRICTED_SIZE = 3;

/** What an operator who knows better can switch off. */
export interface PreflightOptions {
  /** Other versions and processors are accepted, as pool.join_force does. */
  force?: boolean;
}

/**
 * The obstacles between a host and a pool, in the order in which the server would find them. Empty: pool.join will be
 * accepted, as far as the two databases tell. Source: checks of xapi 26 (pre_join_checks), which are not stricter either: what
 * they let pass is no obstacle.
 */
export function findObstacles(
  joiner: PoolView,
  pool: PoolView,
  { force = false }: PreflightOptions = {},
): Obstacle[] {
  return [
    ...findLicences(joiner, pool),
    ...findStates(joiner, pool),
    ...findMachines(joiner),
    ...findGuidances(joiner, pool),
    ...findProducts(joiner, pool, force),
    ...findStorage(joiner),
    ...findNetworks(joiner, pool),
    ...findMemberships(joiner, pool),
    ...findSwitches(joiner, pool),
    ...findVersions(joiner, pool),
    ...findAddressing(joiner, pool),
    ...findTrust(joiner, pool),
    ...findUpdating(joiner, pool),
    ...findDrivers(joiner, pool),
  ];
}

function namesOf(records: readonly { name_label: string }[]): string {
  return records.map(({ name_label }) => name_label).join(', ');
}

function restricts(view: PoolView, name: string): boolean {
  return view.pool.restrictions[`restrict_${name}`] === 'true';
}

function findLicences(joiner: PoolView, pool: PoolView): Obstacle[] {
  const size = valuesOf(pool.host).length;
  return [
    ...obstacle(
      restricts(joiner, 'pooling') || restricts(pool, 'pooling'),
      'LICENSE_RESTRICTION',
      () => 'the licence does not allow pools',
      'apply a licence with pools on both sides',
    ),
    ...obstacle(
      (restricts(joiner, 'pool_size') || restricts(pool, 'pool_size')) && size >= RESTRICTED_SIZE,
      'LICENSE_RESTRICTION',
      () => `the licence allows ${RESTRICTED_SIZE} hosts in a pool, and it has ${size}`,
      'apply a licence without this limit on both sides',
    ),
  ];
}

function findStates(joiner: PoolView, pool: PoolView): Obstacle[] {
  const [own, theirs] = [ownHost(joiner), ownHost(pool)];
  const others = valuesOf(joiner.host).filter(({ uuid }) => uuid !== own?.uuid);
  return [
    ...obstacle(
      managementPif(joiner) === undefined,
      'HOST_STILL_BOOTING',
      () => 'the host knows no management interface of its own yet',
      'wait for its first boot to end, or call PIF.scan and host.management_reconfigure',
    ),
    ...highAvailability(joiner, 'on the host'),
    ...obstacle(
      valuesOf(joiner.Cluster_host).some(({ enabled }) => enabled),
      'CLUSTERING_ENABLED',
      () => 'the host is in a cluster',
      'take it out before: xe cluster-host-destroy, or xe cluster-pool-destroy for all of it',
    ),
    ...highAvailability(pool, 'in the pool'),
    // Where the coordinator has the host and the host does not know of it, a join was cut: the next one goes on.
    ...obstacle(
      own !== undefined && own.uuid === theirs?.uuid,
      'OPERATION_NOT_ALLOWED',
      () => 'the host is the coordinator of this pool itself',
      'nothing is to be done',
    ),
    ...obstacle(
      others.length > 0,
      'JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS',
      () => `the host is the coordinator of a pool with ${namesOf(others)}`,
      'eject those hosts first; each can then join by itself',
    ),
  ];
}

function highAvailability({ pool }: PoolView, where: string): Obstacle[] {
  return obstacle(
    pool.ha_enabled,
    'HA_IS_ENABLED',
    () => `high availability is enabled ${where}`,
    'switch it off for the time of the join: xe pool-ha-disable',
  );
}

function findMachines(joiner: PoolView): Obstacle[] {
  const own = valuesOf(joiner.VM).filter((vm) => !vm.is_a_template && !vm.is_control_domain);
  const running = own.filter((vm) => vm.power_state === 'Running');
  const busy = own.filter((vm) => Object.keys(vm.current_operations).length > 0);
  return [
    ...obstacle(
      running.length > 0,
      'JOINING_HOST_CANNOT_HAVE_RUNNING_VMS',
      () => `virtual machines run on the host: ${namesOf(running)}`,
      'shut them down; they come into the pool with the host',
    ),
    ...obstacle(
      busy.length > 0,
      'JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS',
      () => `something is being done with virtual machines of the host: ${namesOf(busy)}`,
      'wait for it to end, or cancel it',
    ),
  ];
}

function findGuidances(joiner: PoolView, pool: PoolView): Obstacle[] {
  const pending = (view: PoolView, whose: string): Obstacle[] => {
    const guidance = ownHost(view)?.pending_guidances ?? [];
    return obstacle(
      guidance.length > 0,
      'HOST_PENDING_MANDATORY_GUIDANCE',
      () => `an update of ${whose} is not finished: ${guidance.join(', ')}`,
      'do what it asks for, usually a restart of the host',
    );
  };
  return [...pending(joiner, 'the host'), ...pending(pool, 'the coordinator')];
}

function findStorage(joiner: PoolView): Obstacle[] {
  const shared = valuesOf(joiner.SR).filter((sr) => sr.shared && !sr.is_tools_sr);
  return obstacle(
    shared.length > 0,
    'JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS',
    () => `the host has shared storage repositories: ${namesOf(shared)}`,
    'forget them before the join (xe sr-forget); the pool brings its own',
  );
}

/** Updates that are being applied; `rolling_upgrade_in_progress` stands in the pool where it gets a new version host by host. */
function findUpdating(joiner: PoolView, pool: PoolView): Obstacle[] {
  const isUpdating = ({ pool: { current_operations: operations } }: PoolView): boolean =>
    Object.values(operations).includes('apply_updates');
  const where = isUpdating(joiner) ? 'the host' : 'the pool';
  return [
    ...obstacle(
      isUpdating(joiner) || isUpdating(pool),
      'NOT_SUPPORTED_DURING_UPGRADE',
      () => `updates are being applied to ${where}`,
      'wait for them to end',
    ),
    ...obstacle(
      'rolling_upgrade_in_progress' in pool.pool.other_config,
      'NOT_SUPPORTED_DURING_UPGRADE',
      () => 'the pool is being upgraded',
      'wait for the upgrade to end',
    ),
  ];
}

/** The host must have all that the pool has, in the same version or a newer one; what it has besides does not matter. */
function findDrivers(joiner: PoolView, pool: PoolView): Obstacle[] {
  const own = new Map(valuesOf(joiner.SM).map((sm) => [sm.type, sm]));
  const lacking = valuesOf(pool.SM).flatMap(({ type, features }) => {
    const mine = own.get(type);
    if (mine === undefined) return [type];
    const missing = Object.entries(features)
      .filter(([name, version]) => (mine.features[name] ?? 0) < version)
      .map(([name, version]) => (name in mine.features ? `${name} ${version}` : name));
    return missing.length === 0 ? [] : [`${type} without ${missing.join(', ')}`];
  });
  return obstacle(
    lacking.length > 0,
    'POOL_JOINING_SM_FEATURES_INCOMPATIBLE',
    () => `storage drivers of the pool are missing on the host: ${lacking.sort().join('; ')}`,
    'install the storage packages of the pool on the host and restart its toolstack',
  );
}
