// The part of the preflight that is about networks.
import { NULL_REF } from './message.ts';
import { obstacle, type Obstacle } from './obstacle.ts';
import {
  managementPif,
  ownHost,
  valuesOf,
  type PifRecord,
  type PoolView,
  type Records,
} from './view.ts';

/** What of bonds, VLANs and the like must not be there before a join. */
export function findNetworks(joiner: PoolView, pool: PoolView): Obstacle[] {
  const own = managementPif(joiner);
  const theirs = managementPif(pool);
  const vlans = valuesOf(joiner.PIF).filter((pif) => pif.VLAN_master_of !== NULL_REF);
  const foreign = vlans.filter((pif) => !pif.management);
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
  ];
}

/** What moves frames: Open vSwitch or the bridge of Linux, and who controls it. A host without a controller gets that of the pool. */
export function findSwitches(joiner: PoolView, pool: PoolView): Obstacle[] {
  const [own, theirs] = [backendOf(joiner), backendOf(pool)];
  const controllerOf = (view: PoolView): string | undefined =>
    valuesOf(view.SDN_controller).map((one) => `${one.protocol} ${one.address}:${one.port}`)[0];
  const controller = controllerOf(joiner);
  return [
    ...obstacle(
      own !== theirs,
      'OPERATION_NOT_ALLOWED',
      () => `Network backends differ: ${own}, in the pool ${theirs}`,
      'use Open vSwitch on both: /etc/xensource/network.conf, then a restart',
    ),
    ...obstacle(
      own === 'openvswitch' && controller !== undefined && controller !== controllerOf(pool),
      'OPERATION_NOT_ALLOWED',
      () =>
        `SDN controller differs: ${controller ?? ''}, in the pool ${controllerOf(pool) ?? 'none'}`,
      'take it from the host (xe sdn-controller-forget); it gets that of the pool',
    ),
  ];
}

function backendOf(view: PoolView): string {
  return ownHost(view)?.software_version['network_backend'] ?? 'bridge';
}

/** The version of IP for management, and what networks are for. */
export function findAddressing(joiner: PoolView, pool: PoolView): Obstacle[] {
  const own = managementPif(joiner);
  const theirs = managementPif(pool);
  const [purpose, other] = [joiner, pool].map(blockDevicePurpose);
  return [
    ...obstacle(
      own !== undefined &&
        theirs !== undefined &&
        own.primary_address_type !== theirs.primary_address_type,
      'OPERATION_NOT_ALLOWED',
      () =>
        `Primary address type differs: ${own?.primary_address_type ?? ''}, in the pool ${theirs?.primary_address_type ?? ''}`,
      'use the same version of IP for management: xe pif-set-primary-address-type',
    ),
    ...obstacle(
      purpose !== undefined && other !== undefined && purpose !== other,
      'OPERATION_NOT_ALLOWED',
      () =>
        `Incompatible network purposes: a network of the host is for ${purpose ?? ''}, one of the pool for ${other ?? ''}`,
      'take it from the network of the host: xe network-param-remove param-name=purpose',
    ),
  ];
}

/** Whether disks are given away over networks with TLS (`nbd`) or without; the two cannot be in one pool. */
function blockDevicePurpose(view: PoolView): string | undefined {
  return valuesOf(view.network)
    .flatMap(({ purpose }) => purpose)
    .find((one) => one === 'nbd' || one === 'insecure_nbd');
}

function tagOf(pif: PifRecord | undefined): string {
  return pif === undefined || pif.VLAN === -1 ? 'no VLAN' : `VLAN ${pif.VLAN}`;
}
