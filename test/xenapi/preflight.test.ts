import test from 'ava';
import type { Json } from '../../src/xenapi/message.ts';
import { findObstacles } from '../../src/xenapi/preflight.ts';
import { VIEW_CLASSES, type PoolView } from '../../src/xenapi/view.ts';
import { compareWithGolden } from '../golden.ts';
import { readRecordings } from './recordings.ts';
import { changed, freshView, withHost, withPool } from './views.ts';

const own = freshView('joiner');
const pool = freshView('coordinator');
const software = (changes: Record<string, string>) => ({
  software_version: { ...own.host[own.pool.master]?.software_version, ...changes },
});
const vm = (name_label: string, power_state: string, current_operations = {}) => ({
  ...{ name_label, power_state, current_operations },
  ...{ is_a_template: false, is_control_domain: false },
});
const pif = (changes: Record<string, unknown>) => ({
  ...own.PIF['OpaqueRef:eth0'],
  ...changes,
});
const two = { ...own.host, 'OpaqueRef:other': { uuid: 'x', name_label: 'other' } };
const three = Object.fromEntries(
  ['a', 'b'].map((name) => [name, { uuid: name, name_label: name, edition: 'xcp-ng' }]),
);

const purpose = (name: string) => ({
  network: { n: { name_label: 'disks', bridge: 'xenbr1', purpose: [name] } },
});
const update = (enforce_homogeneity: boolean) => ({
  pool_update: { u: { uuid: '1', name_label: 'XS82E001', enforce_homogeneity } },
});
const controller = (address: string) => ({
  SDN_controller: { a: { protocol: 'ssl', address, port: 6632 } },
});

/** One difference each, and the code that it must be found with. In the order of the server's checks. */
const CASES: Record<string, [joiner: PoolView, pool: PoolView]> = {
  'LICENSE_RESTRICTION pooling': [
    withPool(own, { restrictions: { restrict_pooling: 'true' } }),
    pool,
  ],
  'LICENSE_RESTRICTION size': [
    own,
    changed(withPool(pool, { restrictions: { restrict_pool_size: 'true' } }), {
      host: { ...pool.host, ...three },
    }),
  ],
  HOST_STILL_BOOTING: [changed(own, { PIF: {} }), pool],
  'HA_IS_ENABLED joiner': [withPool(own, { ha_enabled: true }), pool],
  CLUSTERING_ENABLED: [changed(own, { Cluster_host: { a: { enabled: true } } }), pool],
  'HA_IS_ENABLED pool': [own, withPool(pool, { ha_enabled: true })],
  'OPERATION_NOT_ALLOWED itself': [own, own],
  JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS: [changed(own, { host: two }), pool],
  JOINING_HOST_CANNOT_HAVE_RUNNING_VMS: [
    changed(own, { VM: { a: vm('web', 'Running'), b: vm('idle', 'Halted') } }),
    pool,
  ],
  JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS: [
    changed(own, { VM: { a: vm('web', 'Halted', { x: 'export' }) } }),
    pool,
  ],
  HOST_PENDING_MANDATORY_GUIDANCE: [withHost(own, { pending_guidances: ['reboot_host'] }), pool],
  'HOST_PENDING_MANDATORY_GUIDANCE pool': [
    own,
    withHost(pool, { pending_guidances: ['restart_toolstack'] }),
  ],
  HOSTS_NOT_COMPATIBLE: [withHost(own, software({ product_brand: 'Other' })), pool],
  'HOSTS_NOT_HOMOGENEOUS software': [withHost(own, software({ xapi: '26.16' })), pool],
  'HOSTS_NOT_HOMOGENEOUS processor': [
    withHost(own, { cpu_info: { vendor: 'GenuineIntel' } }),
    pool,
  ],
  JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS: [
    changed(own, { SR: { a: { name_label: 'nfs', type: 'nfs', shared: true } } }),
    pool,
  ],
  POOL_JOINING_HOST_HAS_BONDS: [changed(own, { Bond: { a: {}, b: {} } }), pool],
  POOL_JOINING_HOST_HAS_TUNNELS: [changed(own, { tunnel: { a: {} } }), pool],
  POOL_JOINING_HOST_HAS_NETWORK_SRIOVS: [changed(own, { network_sriov: { a: {} } }), pool],
  POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS: [
    changed(own, {
      PIF: {
        ...own.PIF,
        v: pif({ VLAN: 30, management: false, VLAN_master_of: 'OpaqueRef:vlan' }),
      },
    }),
    pool,
  ],
  POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH: [
    changed(own, { PIF: { v: pif({ VLAN: 30, VLAN_master_of: 'OpaqueRef:vlan' }) } }),
    pool,
  ],
  POOL_JOINING_EXTERNAL_AUTH_MISMATCH: [withHost(own, { external_auth_type: 'AD' }), pool],
  LICENSE_HOST_POOL_MISMATCH: [withHost(own, { edition: 'free' }), pool],
  'OPERATION_NOT_ALLOWED backend': [withHost(own, software({ network_backend: 'bridge' })), pool],
  'OPERATION_NOT_ALLOWED controller': [changed(own, controller('10.0.0.9')), pool],
  POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION: [withHost(own, { API_version_minor: 21 }), pool],
  POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA: [
    withHost(own, software({ db_schema: '5.700' })),
    pool,
  ],
  'HOSTS_NOT_HOMOGENEOUS updates': [own, changed(withHost(pool, { updates: ['u'] }), update(true))],
  'OPERATION_NOT_ALLOWED address type': [
    changed(own, { PIF: { a: pif({ primary_address_type: 'IPv6' }) } }),
    pool,
  ],
  'OPERATION_NOT_ALLOWED purpose': [
    changed(own, purpose('insecure_nbd')),
    changed(pool, purpose('nbd')),
  ],
  POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH: [
    withPool(own, { tls_verification_enabled: false }),
    pool,
  ],
  POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT: [
    changed(own, { Certificate: { a: { name: 'ca.pem', type: 'ca', fingerprint: '1' } } }),
    changed(pool, { Certificate: { a: { name: 'ca.pem', type: 'ca', fingerprint: '2' } } }),
  ],
  'NOT_SUPPORTED_DURING_UPGRADE updates': [
    own,
    withPool(pool, { current_operations: { x: 'apply_updates' } }),
  ],
  NOT_SUPPORTED_DURING_UPGRADE: [
    own,
    withPool(pool, { other_config: { rolling_upgrade_in_progress: 'true' } }),
  ],
  POOL_JOINING_SM_FEATURES_INCOMPATIBLE: [
    changed(own, { SM: { a: { type: 'ext', features: { SR_PROBE: 1, VDI_CREATE: 1 } } } }),
    changed(pool, {
      SM: {
        b: { type: 'ext', features: { SR_PROBE: 1, VDI_CREATE: 2, VDI_CLONE: 1 } },
        c: { type: 'nfs', features: {} },
      },
    }),
  ],
};

/** What the server lets pass. */
const PASSED: Record<string, [joiner: PoolView, pool: PoolView]> = {
  'a fresh host, a pool with a controller': [own, changed(pool, controller('10.0.0.9'))],
  'a join that was cut when the coordinator had the host already': [
    own,
    changed(pool, { host: { ...pool.host, x: own.host[own.pool.master] } }),
  ],
  'machines that are suspended': [changed(own, { VM: { a: vm('web', 'Suspended') } }), pool],
  'the repository with drivers for guests': [
    changed(own, {
      SR: { a: { name_label: 'Tools', type: 'iso', shared: true, is_tools_sr: true } },
    }),
    pool,
  ],
  'a pool in a cluster': [own, changed(pool, { Cluster_host: { a: { enabled: true } } })],
  'updates that not all hosts need': [
    own,
    changed(withHost(pool, { updates: ['u'] }), update(false)),
  ],
  'another platform, the same brand': [withHost(own, software({ platform_name: 'Other' })), pool],
  'another case in the name of a directory': [
    withHost(own, { external_auth_type: 'AD', external_auth_service_name: 'EXAMPLE.NET' }),
    withHost(pool, { external_auth_type: 'AD', external_auth_service_name: 'example.net' }),
  ],
  'networks for disks on one side': [own, changed(pool, purpose('nbd'))],
  'drivers that are newer, and more of them': [
    changed(own, {
      SM: {
        a: { type: 'ext', features: { SR_PROBE: 2, VDI_CREATE: 1 } },
        b: { type: 'smb', features: {} },
      },
    }),
    pool,
  ],
  'certificates without a name': [
    changed(own, { Certificate: { a: { name: '', type: 'ca', fingerprint: '1' } } }),
    changed(pool, { Certificate: { a: { name: '', type: 'ca', fingerprint: '2' } } }),
  ],
};

test('two fresh hosts of one image have nothing between them', (t) => {
  t.deepEqual(findObstacles(own, pool), []);
});

for (const [name, [joiner, coordinator]] of Object.entries(CASES)) {
  test(`found alone: ${name}`, (t) => {
    const found = findObstacles(joiner, coordinator);
    t.deepEqual(
      found.map(({ code }) => code),
      [name.split(' ')[0]],
    );
  });
}

for (const [name, [joiner, coordinator]] of Object.entries(PASSED)) {
  test(`no obstacle: ${name}`, (t) => {
    t.deepEqual(findObstacles(joiner, coordinator), []);
  });
}

test('every text names what is in the way, every hint what to do', async (t) => {
  const text = Object.entries(CASES).map(([, [joiner, coordinator]]) =>
    findObstacles(joiner, coordinator)
      .map(({ code, text, hint }) => `${code}: ${text}\n  ${hint}\n`)
      .join(''),
  );
  await compareWithGolden(t, import.meta.url, 'obstacles.txt', text.join(''));
});

test('a host with eleven of them: all are found in one pass, in the order of the server', (t) => {
  const from = <Name extends keyof PoolView>(name: string, key: Name): Pick<PoolView, Name> =>
    ({ [key]: CASES[name]?.[0][key] }) as Pick<PoolView, Name>;
  const joiner = changed(
    withPool(withHost(own, { edition: 'free', pending_guidances: ['reboot_host'] }), {
      ...{ ha_enabled: true, tls_verification_enabled: false },
    }),
    {
      ...from('JOINING_HOST_CANNOT_HAVE_RUNNING_VMS', 'VM'),
      ...from('JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS', 'SR'),
      ...from('POOL_JOINING_HOST_HAS_BONDS', 'Bond'),
      ...from('POOL_JOINING_HOST_HAS_TUNNELS', 'tunnel'),
      ...from('POOL_JOINING_HOST_HAS_NETWORK_SRIOVS', 'network_sriov'),
      ...from('POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS', 'PIF'),
    },
  );
  const hosts = { ...joiner.host, 'OpaqueRef:other': two['OpaqueRef:other'] };
  const found = findObstacles(changed(joiner, { host: hosts }), pool);
  t.deepEqual(
    found.map(({ code }) => code),
    [
      ...['HA_IS_ENABLED', 'JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS'],
      ...['JOINING_HOST_CANNOT_HAVE_RUNNING_VMS', 'HOST_PENDING_MANDATORY_GUIDANCE'],
      ...['JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS', 'POOL_JOINING_HOST_HAS_BONDS'],
      ...['POOL_JOINING_HOST_HAS_TUNNELS', 'POOL_JOINING_HOST_HAS_NETWORK_SRIOVS'],
      ...['POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS', 'LICENSE_HOST_POOL_MISMATCH'],
      'POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH',
    ],
  );
  for (const { text, hint } of found) t.true(text.length > 10 && hint.length > 10, text);
});

/** What pool.join checks in two databases, as measured with xapi 26.17. Logins and v6d, which has no record, are elsewhere. */
const CHECKED = [
  ...['LICENSE_RESTRICTION', 'HOST_STILL_BOOTING', 'HA_IS_ENABLED', 'CLUSTERING_ENABLED'],
  ...['OPERATION_NOT_ALLOWED', 'JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS'],
  ...['JOINING_HOST_CANNOT_HAVE_RUNNING_VMS', 'HOST_PENDING_MANDATORY_GUIDANCE'],
  ...['JOINING_HOST_CANNOT_HAVE_VMS_WITH_CURRENT_OPERATIONS', 'HOSTS_NOT_COMPATIBLE'],
  ...['HOSTS_NOT_HOMOGENEOUS', 'JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS'],
  ...['POOL_JOINING_HOST_HAS_BONDS', 'POOL_JOINING_HOST_HAS_TUNNELS'],
  ...['POOL_JOINING_HOST_HAS_NETWORK_SRIOVS', 'POOL_JOINING_HOST_HAS_NON_MANAGEMENT_VLANS'],
  ...['POOL_JOINING_HOST_MANAGEMENT_VLAN_DOES_NOT_MATCH', 'POOL_JOINING_EXTERNAL_AUTH_MISMATCH'],
  ...['LICENSE_HOST_POOL_MISMATCH', 'POOL_JOINING_HOST_MUST_HAVE_SAME_API_VERSION'],
  ...['POOL_JOINING_HOST_MUST_HAVE_SAME_DB_SCHEMA', 'POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH'],
  ...['POOL_JOINING_HOST_CA_CERTIFICATES_CONFLICT', 'NOT_SUPPORTED_DURING_UPGRADE'],
  'POOL_JOINING_SM_FEATURES_INCOMPATIBLE',
];

test('there is a case for every code that the server has', (t) => {
  const codes = new Set(Object.keys(CASES).map((name) => name.split(' ')[0]));
  t.deepEqual([...codes].sort(), [...CHECKED].sort());
});

test('force lets versions and processors pass, and nothing else', (t) => {
  const joiner = withHost(own, {
    ...software({ xapi: '26.16', product_brand: 'Other' }),
    cpu_info: { vendor: 'GenuineIntel' },
  });
  t.deepEqual(
    findObstacles(joiner, pool, { force: true }).map(({ code }) => code),
    ['HOSTS_NOT_COMPATIBLE'],
  );
});

test('a host that joined a real pool had nothing in the way', (t) => {
  const steps = readRecordings()?.get('join-success');
  if (steps === undefined) {
    t.log('skipped: the recordings of xapi are not beside this checkout');
    t.pass();
    return;
  }
  const view = (host: string): PoolView => {
    const records = (name: string): Record<string, Json> => {
      const step = steps.find(
        ({ to, request }) => to === host && request?.method?.startsWith(`${name}.get_all_records`),
      );
      return ((step?.response as { result?: Json } | undefined)?.result ?? {}) as Record<
        string,
        Json
      >;
    };
    const classes = Object.fromEntries(VIEW_CLASSES.map((name) => [name, records(name)]));
    return { ...classes, pool: Object.values(records('pool'))[0] } as unknown as PoolView;
  };
  t.deepEqual(findObstacles(view('h2'), view('h1')), []);
});
