// The certificate of a fleet server: made once by openssl and kept. Machines do not look who signed it: its fingerprint
// comes with their boot arguments.
import { X509Certificate } from 'node:crypto';
import { chmod, readFile, rename } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { KronosError } from '../common/error.ts';
import { readTextOrUndefined, withTemporaryDirectory } from '../common/files.ts';
import { run } from '../common/process.ts';

export interface Certificate {
  /** PEM. */
  cert: string;
  key: string;
  /** SHA-256 of the certificate in small hexadecimal digits. */
  fingerprint: string;
}

/** Days: longer than any rollout; what is pinned needs no end. */
const DAYS = 3650;

/**
 * The certificate in `certificate.pem` and `key.pem` of a directory, made for `address` where there is none. Servers that
 * share a fleet are given the same two files.
 * Errors: `input/certificate`, `dependency/tool-missing`, `io/command-failed`, those of node:fs.
 */
export async function ensureCertificate(directory: string, address: string): Promise<Certificate> {
  const certPath = join(directory, 'certificate.pem');
  const keyPath = join(directory, 'key.pem');
  const cert = await readTextOrUndefined(certPath);
  const key = await readTextOrUndefined(keyPath);
  if (cert !== undefined && key !== undefined) return readPair(cert, key, certPath);
  await withTemporaryDirectory(directory, async (temporary) => {
    const [newCert, newKey] = [join(temporary, 'certificate.pem'), join(temporary, 'key.pem')];
    await run([
      ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-nodes', '-sha256', '-days', String(DAYS), '-subj', '/CN=kronos fleet'],
      ...['-addext', `subjectAltName=${isIP(address) === 0 ? 'DNS' : 'IP'}:${address}`],
      ...['-keyout', newKey, '-out', newCert],
    ]);
    await chmod(newKey, 0o600);
    // The key first: one without a certificate is made again, together with it.
    await rename(newKey, keyPath);
    await rename(newCert, certPath);
  });
  return readPair(await readFile(certPath, 'utf8'), await readFile(keyPath, 'utf8'), certPath);
}

function readPair(cert: string, key: string, path: string): Certificate {
  try {
    const { fingerprint256 } = new X509Certificate(cert);
    return { cert, key, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() };
  } catch (error) {
    throw new KronosError('input/certificate', `${path} holds no certificate`, {
      hint: 'restore it, or remove it and key.pem: machines that are being installed must then start again',
      cause: error,
    });
  }
}
