// Where a host file has secrets: the one list that redacting, scrubbing and checking go by.
import type { Path } from '../common/yaml.ts';
import type { HostFile } from './schema/host-file.ts';
import type { Secret } from './schema/values.ts';

/** A secret and where it is. */
export interface PlacedSecret {
  path: Path;
  /** What a person would call it, for a question or a message. */
  name: string;
  secret: Secret;
  /** login: could be a hash instead. token: can only be written down or fetched. */
  kind: 'login' | 'credential' | 'token';
}

/** Every secret of a host file except password hashes. */
export function listSecrets(hostFile: HostFile): PlacedSecret[] {
  const found: PlacedSecret[] = [];
  const add = (
    path: Path,
    name: string,
    secret: Secret | undefined,
    kind: PlacedSecret['kind'] = 'credential',
  ): void => {
    if (secret !== undefined) found.push({ path, name, secret, kind });
  };
  add(['root', 'password'], 'password of root', hostFile.root.password, 'login');
  hostFile.users.forEach((user, index) =>
    add(['users', index, 'password'], `password of ${user.name}`, user.password, 'login'),
  );
  hostFile.storage.forEach((storage, index) => {
    const name = `password of the storage repository ${storage.name}`;
    if (storage.type === 'iscsi')
      add(['storage', index, 'chap', 'password'], name, storage.chap?.password);
    if (storage.type === 'smb' || storage.type === 'iso')
      add(['storage', index, 'password'], name, storage.password);
  });
  if (hostFile.pool?.role === 'member') {
    const path = ['pool', 'credential', 'password'];
    add(path, 'password of the pool', hostFile.pool.credential.password);
  }
  add(['report', 'token'], 'token of the report', hostFile.report?.token, 'token');
  return found;
}

const SECRET_KEYS = new Set<string | number>(['password', 'passwordHash', 'token', 'variables']);

/** Whether what is typed at a path may be a secret, which no message may repeat. */
export function isSecretPath(path: Path): boolean {
  return path.some((part) => SECRET_KEYS.has(part));
}
