// The part of the preflight that is about certificates.
import { obstacle, type Obstacle } from './obstacle.ts';
import { valuesOf, type PoolView } from './view.ts';

/** TLS among hosts, and certificates that both sides know. */
export function findTrust(joiner: PoolView, pool: PoolView): Obstacle[] {
  const authorities = (view: PoolView): Map<string, string> =>
    new Map(
      valuesOf(view.Certificate)
        .filter(({ type, name }) => type === 'ca' && name !== '')
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
  ];
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
