// A pool of simulators in guests, as it is seen from this machine.
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { pinnedDoor } from '../../src/xenapi/door.ts';
import { openSession } from '../../src/xenapi/session.ts';

/** Password of the simulator, and so what must not be found afterwards. */
export const PASSWORD = 'xenroot';

/** Names of the hosts and whether they are enabled, sorted, as the coordinator at a port of this machine tells. */
export async function listHosts(port: number, fingerprint: string): Promise<string[]> {
  const { signal } = new AbortController();
  const door = pinnedDoor('127.0.0.1', fingerprint, port);
  const session = await openSession(door, { user: 'root', password: PASSWORD }, signal);
  const hosts =
    await session.call<Record<string, { name_label: string; enabled: boolean }>>(
      'host.get_all_records',
    );
  await session.close();
  return Object.values(hosts)
    .map(({ name_label, enabled }) => `${name_label} ${enabled}`)
    .sort();
}

/** SHA-256 of the certificate that the server shows, as an operator reads it on the host. */
export async function fingerprintOf(port: number): Promise<string> {
  const certificate = await new Promise<DetailedPeerCertificate>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate(true));
      socket.destroy();
    });
    socket.on('error', reject);
  });
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
