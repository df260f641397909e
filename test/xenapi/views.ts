// Two databases that fit together: a host that is on its own, and a pool of one.
import type { PoolView } from '../../src/xenapi/view.ts';

/** A database as a fresh host has it; `name` tells hosts apart. */
export function freshView(name: string): PoolView {
  const master = `OpaqueRef:host-${name}`;
  return {
    pool: {
      ...{ uuid: `pool-${name}`, name_label: '', master, ha_enabled: false },
      ...{ tls_verification_enabled: true, restrictions: {}, other_config: {} },
      current_operations: {},
    },
    host: {
      [master]: {
        ...{ uuid: `host-${name}`, name_label: name, address: '10.0.0.1', enabled: true },
        ...{ API_version_major: 2, API_version_minor: 23, edition: 'xcp-ng' },
        software_version: {
          ...{ platform_version: '3.4.0', platform_name: 'XCP', product_brand: 'Kronos' },
          ...{ xapi: '26.17', git_id: 'abc', network_backend: 'openvswitch', db_schema: '5.800' },
        },
        cpu_info: { vendor: 'AuthenticAMD' },
        ...{ external_auth_type: '', external_auth_service_name: '' },
        ...{ pending_guidances: [], updates: [] },
      },
    },
    PIF: {
      'OpaqueRef:eth0': {
        ...{ uuid: `eth0-${name}`, device: 'eth0', network: 'OpaqueRef:n0', host: master },
        ...{ MAC: '52:54:00:00:00:01', VLAN: -1, management: true, physical: true },
        ...{ primary_address_type: 'IPv4', VLAN_master_of: 'OpaqueRef:NULL', bond_master_of: [] },
      },
    },
    network: { 'OpaqueRef:n0': { name_label: 'Pool-wide', bridge: 'xenbr0', purpose: [] } },
    SM: { 'OpaqueRef:ext': { type: 'ext', features: { SR_PROBE: 1, VDI_CREATE: 1 } } },
    SR: {
      'OpaqueRef:sr': {
        name_label: 'Local storage',
        type: 'ext',
        shared: false,
        is_tools_sr: false,
      },
    },
    ...{ Bond: {}, VLAN: {}, tunnel: {}, network_sriov: {}, VM: {}, Cluster_host: {} },
    ...{ SDN_controller: {}, Certificate: {}, pool_update: {} },
  };
}

type Change<T> = { [Key in keyof T]?: unknown };

/** A view with other records in some classes. */
export function changed(view: PoolView, changes: Change<PoolView>): PoolView {
  return { ...view, ...changes } as PoolView;
}

/** A view whose coordinator differs. */
export function withHost(view: PoolView, changes: Change<PoolView['host'][string]>): PoolView {
  const { master } = view.pool;
  return changed(view, { host: { ...view.host, [master]: { ...view.host[master], ...changes } } });
}

/** A view whose pool differs. */
export function withPool(view: PoolView, changes: Change<PoolView['pool']>): PoolView {
  return changed(view, { pool: { ...view.pool, ...changes } });
}
