// The hosts of a pool as its coordinator lists them; also a program of its own, for pools in another network namespace.
import { text } from 'node:stream/consumers';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { pinnedDoor } from '../../src/xenapi/door.ts';
import { openSession } from '../../src/xenapi/session.ts';

export interface PoolQuestion {
  address: string;
  port: number;
  password: string;
  /** SHA-256 of the certificate; what the server shows where it is not given. */
  fingerprint?: string | undefined;
}

/** Each as `NAME enabled` or `NAME disabled`, sorted. */
export async function listPoolHosts(question: PoolQuestion): Promise<string[]> {
  const { address, port, password } = question;
  const fingerprint = question.fingerprint ?? (await fingerprintOf(address, port));
  const { signal } = new AbortController();
  const door = pinnedDoor(address, fingerprint, port);
  const session = await openSession(door, { user: 'root', password }, signal);
  const hosts =
    await session.call<Record<string, { name_label: string; enabled: boolean }>>(
      'host.get_all_records',
    );
  await session.close();
  return Object.values(hosts)
    .map(({ name_label, enabled }) => `${name_label} ${enabled ? 'enabled' : 'disabled'}`)
    .sort();
}

/** SHA-256 of the certificate that the server shows, as an operator reads it on the host. */
export async function fingerprintOf(host: string, port: number): Promise<string> {
  const certificate = await new Promise<DetailedPeerCertificate>((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate(true));
      socket.destroy();
    });
    socket.on('error', reject);
  });
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

if (process.argv[1] === import.meta.filename) {
  const question = JSON.parse(await text(process.stdin)) as PoolQuestion;
  console.log(JSON.stringify(await listPoolHosts(question)));
}
