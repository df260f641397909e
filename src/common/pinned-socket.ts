// Connections whose other end is known before a byte of ours goes out.
import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { KronosError } from './error.ts';

export interface SocketTarget {
  /** A name or an address without brackets. */
  host: string;
  port: number;
  secure: boolean;
  /** SHA-256 of the certificate in small hexadecimal digits; then nothing else about it is looked at. */
  fingerprint?: string | undefined;
}

/**
 * A connection that is open, and whose certificate is the pinned one, or one that the machine trusts.
 * Errors: `verification/fingerprint`, those of node:net and node:tls.
 */
export async function openSocket(target: SocketTarget, signal: AbortSignal): Promise<Socket> {
  const { host, port, fingerprint } = target;
  const socket = await connect(target, fingerprint === undefined, signal);
  if (fingerprint === undefined || !('getPeerCertificate' in socket)) return socket;
  const found = fingerprintOf(socket);
  if (found === fingerprint) return socket;
  socket.destroy();
  throw new KronosError(
    'verification/fingerprint',
    `${host}:${port} shows another certificate than the one that is pinned`,
    {
      hint: `its fingerprint is ${found}; use it only if you know why it changed`,
      details: { expected: fingerprint, found },
    },
  );
}

/**
 * The fingerprint of the certificate that a server shows, whoever signed it: for addresses of this very machine only.
 * Errors: those of node:net and node:tls.
 */
export async function readFingerprint(
  target: Pick<SocketTarget, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<string> {
  const socket = await connect({ ...target, secure: true }, false, signal);
  try {
    return fingerprintOf(socket as TLSSocket);
  } finally {
    socket.destroy();
  }
}

function fingerprintOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase();
}

async function connect(
  { host, port, secure }: SocketTarget,
  trusts: boolean,
  signal: AbortSignal,
): Promise<Socket | TLSSocket> {
  const name = isIP(host) === 0 ? { servername: host } : {};
  const socket = secure
    ? // Loaded here: a start that connects to nothing does not wait for it.
      (await import('node:tls')).connect({ host, port, ...name, rejectUnauthorized: trusts })
    : connectPlain({ host, port });
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve);
      socket.on('error', reject);
      socket.once('close', () => {
        reject(new Error('the connection was closed'));
      });
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}
