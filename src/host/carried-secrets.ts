// Secrets that first boot needs and the carried host file does not have: a file of its own, for root only.
import * as z from 'zod';
import type { HostFile } from './schema/host-file.ts';
import type { Secret } from './schema/values.ts';
import { readSecret, type ReadSecretOptions } from './secret.ts';

/** Written by kronos-install on the state partition. */
export const CARRIED_SECRETS = '/etc/kronos/secrets.json';

export const carriedSecretsSchema = z.strictObject({
  format: z.literal('kronos-secrets'),
  /** Password of the pool that is joined; gone afterwards. */
  pool: z.string().optional(),
  /** Passwords of storage repositories by name. */
  storage: z.record(z.string(), z.string()).default({}),
  /** Token of the report target. */
  report: z.string().optional(),
  /**
   * `ready`: the token is a fleet's, and of no use once it knows that the host is ready. It is erased then, and nothing is
   * reported any more.
   */
  reportUntil: z.literal('ready').optional(),
});

export type CarriedSecrets = z.output<typeof carriedSecretsSchema>;

/**
 * The secrets of a host file that first boot needs; undefined where there are none. Accounts are not among them: they are
 * made by the installation. Errors: those of readSecret.
 */
export async function gatherSecrets(
  hostFile: HostFile,
  options: ReadSecretOptions & { reportUntil?: CarriedSecrets['reportUntil'] },
): Promise<CarriedSecrets | undefined> {
  const read = async (secret: Secret | undefined): Promise<string | undefined> =>
    secret === undefined ? undefined : readSecret(secret, options);
  const { pool, report } = hostFile;
  const storage: Record<string, string> = {};
  for (const repository of hostFile.storage) {
    const password = await read(passwordOf(repository));
    if (password !== undefined) storage[repository.name] = password;
  }
  const credential = await read(pool?.role === 'member' ? pool.credential.password : undefined);
  const token = await read(report?.token);
  if (Object.keys(storage).length === 0 && credential === undefined && token === undefined)
    return undefined;
  const { reportUntil } = options;
  return {
    format: 'kronos-secrets',
    ...(credential === undefined ? {} : { pool: credential }),
    storage,
    ...(token === undefined ? {} : { report: token }),
    ...(token === undefined || reportUntil === undefined ? {} : { reportUntil }),
  };
}

function passwordOf(repository: HostFile['storage'][number]): Secret | undefined {
  if (repository.type === 'iscsi') return repository.chap?.password;
  return repository.type === 'smb' || repository.type === 'iso' ? repository.password : undefined;
}
