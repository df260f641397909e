// Hashes of the passwords that a host file gives; a password itself lives no longer than this call.
import { hashPassword } from '../host/password.ts';
import { readSecret, type ReadSecretOptions } from '../host/secret.ts';
import type { HostFile } from '../host/schema/host-file.ts';

/**
 * Hash by account. An account with neither gets `!`: it can only be used with a key.
 * Errors: those of readSecret and hashPassword.
 */
export async function hashPasswords(
  hostFile: HostFile,
  options: ReadSecretOptions,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const logins = [{ ...hostFile.root, name: 'root' }, ...hostFile.users];
  for (const { name, passwordHash, password } of logins) {
    if (passwordHash !== undefined) hashes.set(name, passwordHash);
    else if (password === undefined) hashes.set(name, '!');
    else hashes.set(name, await hashPassword(await readSecret(password, options)));
  }
  return hashes;
}
