// Who has to answer before a network counts, and how long that may take.
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { Witnesses } from './answers.ts';
import { managementInterface } from './switch.ts';

/** Seconds in which somebody has to answer. */
export function confirmSeconds({ network }: HostFile): number {
  return network.confirm ?? 60;
}

/** Who has to answer before a network counts. */
export function witnessesOf({ network, pool, report }: HostFile): Witnesses {
  const gateways = [network.management.ipv4, network.management.ipv6].flatMap((family) =>
    family.mode === 'static' && family.gateway !== undefined ? [family.gateway] : [],
  );
  return {
    interface: managementInterface(network),
    gateways,
    servers: [
      ...(pool?.role === 'member' ? [{ host: pool.coordinator, port: 443 }] : []),
      ...(report === undefined ? [] : [serverOf(new URL(report.url))]),
    ],
  };
}

function serverOf({ hostname, port, protocol }: URL): { host: string; port: number } {
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port) };
}

/** What is told where nobody answered. `what`: what became of the network. */
export function silentError(hostFile: HostFile, why: string, what: string): KronosError {
  const seconds = confirmSeconds(hostFile);
  return new KronosError('host/network-silent', `${what}: ${why} within ${seconds} s`, {
    hint: 'mend network in /etc/kronos/host.yaml or the cabling, then: kronos-firstboot retry network',
  });
}
