// Fleets for tests.
import { loadYaml } from '../../src/common/yaml.ts';
import type { Fleet, FleetHost, FleetPool, Policy } from '../../src/fleet/file/fleet.ts';

/** The so-manieth MAC address, from 0. */
export function macOf(index: number): string {
  const digits = index.toString(16).padStart(6, '0');
  return `52:54:00:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4)}`;
}

export const POLICY: Policy = {
  ...{ canary: 0, approval: 'none', waves: [], atOnce: 10, stopAfter: 3 },
  ...{ windows: [], silence: 900, unknown: 'record' },
};

export function makeHost(name: string, rest: Partial<FleetHost> = {}): FleetHost {
  return {
    ...{ name, groups: [], identity: { mac: macOf(0) } },
    document: loadYaml('{}', 'fleet.yaml'),
    ...rest,
  };
}

export function makePool(name: string, hosts: string[], rest: Partial<FleetPool> = {}): FleetPool {
  return {
    ...{ name, hosts, joins: 2, credential: { user: 'root', password: 'secret' } },
    coordinator: { host: hosts[0] ?? '' },
    ...rest,
  };
}

/** Hosts `xen0`, `xen1` ... with MAC addresses in that order; pools by what their hosts say. */
export function makeFleet(
  size: number,
  rest: {
    policy?: Partial<Policy>;
    pools?: readonly FleetPool[];
    hosts?: (index: number) => Partial<FleetHost>;
  } = {},
): Fleet {
  const pools = rest.pools ?? [];
  const hosts = Array.from({ length: size }, (_, index) => {
    const name = `xen${index}`;
    const pool = pools.find((one) => one.hosts.includes(name))?.name;
    const identity = { mac: macOf(index) };
    return makeHost(name, { pool, identity, ...rest.hosts?.(index) });
  });
  return { name: 'test', hosts, pools, policy: { ...POLICY, ...rest.policy }, directory: '/' };
}
