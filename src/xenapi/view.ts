// What a server has in its database, as far as somebody needs it who wants to bring two hosts into one pool.
import { XenApiError, type Json } from './message.ts';
import type { Session } from './session.ts';

/** Records of one class by reference. */
export type Records<T> = Readonly<Record<string, T>>;

export interface PoolRecord {
  uuid: string;
  name_label: string;
  master: string;
  ha_enabled: boolean;
  tls_verification_enabled: boolean;
  restrictions: Readonly<Record<string, string>>;
  other_config: Readonly<Record<string, string>>;
  current_operations: Readonly<Record<string, string>>;
}

export interface HostRecord {
  uuid: string;
  name_label: string;
  address: string;
  enabled: boolean;
  API_version_major: number;
  API_version_minor: number;
  software_version: Readonly<Record<string, string>>;
  cpu_info: Readonly<Record<string, string>>;
  edition: string;
  external_auth_type: string;
  external_auth_service_name: string;
  pending_guidances: readonly string[];
  /** References of updates. */
  updates: readonly string[];
}

export interface PifRecord {
  uuid: string;
  device: string;
  network: string;
  host: string;
  MAC: string;
  VLAN: number;
  management: boolean;
  physical: boolean;
  primary_address_type: string;
  VLAN_master_of: string;
  bond_master_of: readonly string[];
}

export interface NetworkRecord {
  name_label: string;
  bridge: string;
  purpose: readonly string[];
}

export interface SrRecord {
  name_label: string;
  type: string;
  shared: boolean;
  /** Holds the drivers for guests: shared, and there on every host. */
  is_tools_sr: boolean;
}

export interface SmRecord {
  type: string;
  /** Versions by name. */
  features: Readonly<Record<string, number>>;
}

export interface VmRecord {
  name_label: string;
  power_state: string;
  is_a_template: boolean;
  is_control_domain: boolean;
  current_operations: Readonly<Record<string, string>>;
}

export interface CertificateRecord {
  name: string;
  type: string;
  fingerprint: string;
}

export interface UpdateRecord {
  uuid: string;
  name_label: string;
  /** All hosts of a pool must have it, or none. */
  enforce_homogeneity: boolean;
}

/** The classes that are read, with what is used of their records. */
interface Classes {
  host: HostRecord;
  PIF: PifRecord;
  network: NetworkRecord;
  Bond: Readonly<Record<string, Json>>;
  VLAN: { tagged_PIF: string; untagged_PIF: string; tag: number };
  tunnel: Readonly<Record<string, Json>>;
  network_sriov: Readonly<Record<string, Json>>;
  SR: SrRecord;
  SM: SmRecord;
  VM: VmRecord;
  Cluster_host: { enabled: boolean };
  SDN_controller: { protocol: string; address: string; port: number };
  Certificate: CertificateRecord;
  pool_update: UpdateRecord;
}

export type PoolView = { readonly [Name in keyof Classes]: Records<Classes[Name]> } & {
  readonly pool: PoolRecord;
};

export const VIEW_CLASSES: readonly (keyof Classes)[] = [
  ...(['host', 'PIF', 'network', 'Bond', 'VLAN', 'tunnel', 'network_sriov', 'SR', 'SM'] as const),
  ...(['VM', 'Cluster_host', 'SDN_controller', 'Certificate', 'pool_update'] as const),
];

export function valuesOf<T>(records: Records<T>): T[] {
  return Object.values(records);
}

/** The host that is asked to join: the only one of its pool, or its coordinator. */
export function ownHost(view: PoolView): HostRecord | undefined {
  return view.host[view.pool.master];
}

/** The management interface of a pool's coordinator. */
export function managementPif(view: PoolView): PifRecord | undefined {
  return valuesOf(view.PIF).find((pif) => pif.management && pif.host === view.pool.master);
}

/** Reads the database of a server. Classes that it does not know count as empty. Errors: those of a call. */
export async function readView(session: Session): Promise<PoolView> {
  const read = async (name: string): Promise<Records<unknown>> => {
    try {
      return await session.call<Records<unknown>>(`${name}.get_all_records`);
    } catch (error) {
      if (error instanceof XenApiError && error.code === 'MESSAGE_METHOD_UNKNOWN') return {};
      throw error;
    }
  };
  const entries: [string, unknown][] = [];
  // One after the other: a server answers each with a process of its own.
  for (const name of VIEW_CLASSES) entries.push([name, await read(name)]);
  const pool = Object.values(await read('pool'))[0];
  return { ...(Object.fromEntries(entries) as Omit<PoolView, 'pool'>), pool: pool as PoolRecord };
}
