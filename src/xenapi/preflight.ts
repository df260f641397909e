// Everything that pool.join would refuse, found in one pass before anything is changed. The server tells the first only.
import { findVersions } from './preflight-versions.ts';
import { NULL_REF } from './message.ts';
import { obstacle, type Obstacle } from './obstacle.ts';
import type { HostRecord, PifRecord, PoolView, Records } from './view.ts';

/** Hosts of a pool whose licence restricts its size. */
const RESTRICTED_SIZE = 3;

/** What an operator who knows better can switch off. */
export interface PreflightOptions {
  /** Other versions and processors are accepted, as pool.join_force does. */
  force?: boolean;
}

/**
 * The obstacles between a host and a pool, in the order in which the server would find them. Empty: pool.join will be
 * accepted, as far as the two databases tell. Source: order of checks of xapi 26.17.
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
    ...findVersions(ownHost(joiner), ownHost(pool), force),
    ...findStorage(joiner),
    ...findNetworks(joiner, pool),
    ...findTrust(joiner, pool),
    ...findDrivers(joiner, pool),
  ];
}

/** The host that is asked to join: the only one of its pool, or its coordinator. */
export function ownHost(view: PoolView): HostRecord | undefined {
  return view.host[view.pool.master];
}

/** The management interface of a pool's coordinator. */
export function managementPif(view: PoolView): PifRecord | undefined {
  return valuesOf(view.PIF).find((pif) => pif.management && pif.host === view.pool.master);
}

function valuesOf<T>(records: Records<T>): T[] {
  return Object.values(records);
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
      restricts(pool, 'pool_size') && size >= RESTRICTED_SIZE,
      'LICENSE_RESTRICTION',
      () => `the licence of the pool allows ${RESTRICTED_SIZE} hosts, and it has ${size}`,
      'apply a licence without this limit in the pool',
    ),
  ];
}

function findStates(joiner: PoolView, pool: PoolView): Obstacle[] {
  const [own, theirs] = [ownHost(joiner), ownHost(pool)];
  const others = valuesOf(joiner.host).filter(({ uuid }) => uuid !== own?.uuid);
  const same = own !== undefined && valuesOf(pool.host).some(({ uuid }) => uuid === own.uuid);
  return [
    ...obstacle(
      managementPif(joiner) === undefined,
      'HOST_STILL_BOOTING',
      () => 'the host knows no management interface of its own yet',
      'wait for its first boot to end, or call PIF.scan and host.management_reconfigure',
    ),
    ...obstacle(
      joiner.pool.ha_enabled || pool.pool.ha_enabled,
      'HA_IS_ENABLED',
      () =>
        `high availability is enabled ${joiner.pool.ha_enabled ? 'on the host' : 'in the pool'}`,
      'switch it off for the time of the join: xe pool-ha-disable',
    ),
    ...obstacle(
      valuesOf(joiner.Cluster_host).length > 0 || valuesOf(pool.Cluster_host).length > 0,
      'CLUSTERING_ENABLED',
      () => 'a cluster is configured',
      'take the host out of its cluster, or the cluster of the pool apart, before',
    ),
    ...obstacle(
      same,
      'OPERATION_NOT_ALLOWED',
      () =>
        own?.uuid === theirs?.uuid
          ? 'the host is the coordinator of this pool itself'
          : 'the host is in this pool already',
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

function findMachines(joiner: PoolView): Obstacle[] {
  const own = valuesOf(joiner.VM).filter((vm) => !vm.is_a_template && !vm.is_control_domain);
  const running = own.filter((vm) => vm.power_state !== 'Halted');
  const busy = own.filter((vm) => Object.keys(vm.current_operations).length > 0);
  const guidance = ownHost(joiner)?.pending_guidances ?? [];
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
    ...obstacle(
      guidance.length > 0,
      'HOST_PENDING_MANDATORY_GUIDANCE',
      () => `an update of the host is not finished: ${guidance.join(', ')}`,
      'do what it asks for, usually a restart of the host',
    ),
  ];
}

function findStorage(joiner: PoolView): Obstacle[] {
  const shared = valuesOf(joiner.SR).filter((sr) => sr.shared);
  return obstacle(
    shared.length > 0,
    'JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS',
    () => `the host has shared storage repositories: ${namesOf(shared)}`,
    'forget them before the join (xe sr-forget); the pool brings its own',
  );
}

function findNetworks(joiner: PoolView, pool: PoolView): Obstacle[] {
  const own = managementPif(joiner);
  const theirs = managementPif(pool);
  const vlans = valuesOf(joiner.PIF).filter((pif) => pif.VLAN_master_of !== NULL_REF);
  const foreign = vlans.filter((pif) => !pif.management);
  const controller = (view: PoolView): string =>
    JSON.stringify(
      valuesOf(view.SDN_controller)
        .map((one) => [one.address, one.port])
        .sort(),
    );
  const later = 'destroy them; the pool gives the host its own after the join';
  const has = (records: Records<unknown>, code: string, what: string): Obstacle[] => {
    const count = valuesOf(records).length;
    return obstacle(count > 0, code, () => `the host has ${what} (${count})`, later);
  };
  return [
    ...has(joiner.Bond, 'POOL_JOINING_HOST_HAS_BONDS', 'bonds'),
    ...has(joiner.tunnel, 'POOL_JOINING_HOST_HAS_TUNNELS', 'tunnels'),
    ...has(joiner.network_sriov, 'POOL_JOINING_HOST_HAS_NETWORK_SRIOVS', 'SR-IOV networks'),
    ...obstacle(
      foreign.length > 0,
      'POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS',
      () => `the host has VLANs: ${foreign.map((pif) => `${pif.device}.${pif.VLAN}`).join(', ')}`,
      later,
    ),
    ...obstacle(
      own !== undefined && theirs !== undefined && own.VLAN !== theirs.VLAN,
      'POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH',
      () => `management is on ${tagOf(own)}, in the pool on ${tagOf(theirs)}`,
      'put the management network of the host into the VLAN of the pool',
    ),
    ...obstacle(
      controller(joiner) !== controller(pool),
      'OPERATION_NOT_ALLOWED',
      () => 'SDN controller differs',
      'give both the same controller, or none',
    ),
    ...obstacle(
      own !== undefined &&
        theirs !== undefined &&
        own.primary_address_type !== theirs.primary_address_type,
      'OPERATION_NOT_ALLOWED',
      () =>
        `Primary address type differs: ${own?.primary_address_type ?? ''}, in the pool ${theirs?.primary_address_type ?? ''}`,
      'use the same version of IP for management: xe pif-set-primary-address-type',
    ),
  ];
}

function tagOf(pif: PifRecord | undefined): string {
  return pif === undefined || pif.VLAN === -1 ? 'no VLAN' : `VLAN ${pif.VLAN}`;
}

function findTrust(joiner: PoolView, pool: PoolView): Obstacle[] {
  const authorities = (view: PoolView): Map<string, string> =>
    new Map(
      valuesOf(view.Certificate)
        .filter(({ type }) => type === 'ca')
        .map(({ name, fingerprint }) => [name, fingerprint]),
    );
  const theirs = authorities(pool);
  const conflicts = [...authorities(joiner)].filter(
    ([name, fingerprint]) => (theirs.get(name) ?? fingerprint) !== fingerprint,
  );
  const [own, other] = [joiner.pool.tls_verification_enabled, pool.pool.tls_verification_enabled];
  return [
    ...obstacle(
      own !== other,
      'POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH',
      () => `TLS verification is ${onOff(own)} on the host and ${onOff(other)} in the pool`,
      'switch it on where it is off: xe pool-enable-tls-verification',
    ),
    ...obstacle(
      conflicts.length > 0,
      'POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT',
      () => `other certificates under the same name: ${conflicts.map(([name]) => name).join(', ')}`,
      'remove or rename those of the host: xe pool-uninstall-ca-certificate',
    ),
    ...obstacle(
      'rolling_upgrade_in_progress' in pool.pool.other_config,
      'NOT_SUPPORTED_DURING_UPGRADE',
      () => 'the pool is being upgraded',
      'wait for the upgrade to end',
    ),
  ];
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}

function findDrivers(joiner: PoolView, pool: PoolView): Obstacle[] {
  const own = new Map(valuesOf(joiner.SM).map((sm) => [sm.type, sm]));
  const used = new Set(valuesOf(pool.SR).map((sr) => sr.type));
  const lacking = valuesOf(pool.SM)
    .filter((sm) => used.has(sm.type))
    .flatMap((sm) => {
      const mine = own.get(sm.type);
      if (mine === undefined) return [sm.type];
      const missing = Object.keys(sm.features).filter((name) => !(name in mine.features));
      return missing.length === 0 ? [] : [`${sm.type} without ${missing.join(', ')}`];
    });
  return obstacle(
    lacking.length > 0,
    'POOL_JOINING_SM_FEATURES_INCOMPATIBLE',
    () => `storage drivers of the pool are missing on the host: ${lacking.sort().join('; ')}`,
    'install the storage packages of the pool on the host and restart its toolstack',
  );
}
