// What a host file must have, or must not, in a fleet: nobody stands beside the machine, and no file lies beside it.
import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import { keysAt } from '../../common/schema-path.ts';
import { formatPath } from '../../common/validate.ts';
import type { Path } from '../../common/yaml.ts';
import { isMapping } from '../../host/document.ts';
import type { HostFileSource } from '../../host/read.ts';
import { hostFileSchema } from '../../host/schema/host-file.ts';
import { listSecrets } from '../../host/secret-places.ts';
import { drawsFromMachine } from '../../host/variables.ts';
import type { FleetPool } from './fleet.ts';
import { gatherFindings, type FleetFindings, type HostFinding } from './findings.ts';
import type { ComposedHost } from './hosts.ts';
import type { Layer } from './overlay.ts';

/** Mistakes in the host file of a host; `pool` is that which it is in. */
export function checkHost(
  { hostFile, document }: HostFileSource,
  pool: string | undefined,
): KronosError[] {
  const errors: KronosError[] = [];
  const add = (code: `input/${string}`, message: string, path: Path, hint: string): void => {
    errors.push(new KronosError(code, message, { location: document.locate(path), hint }));
  };
  if (pool !== undefined && hostFile.toolstack === 'xl') {
    add(
      'input/pool-without-xapi',
      `the pool ${pool} needs the toolstack xapi`,
      ['toolstack'],
      'remove the key, or take the host out of the pool',
    );
  }
  for (const { path, secret } of listSecrets(hostFile)) {
    if (typeof secret === 'string' || !('prompt' in secret)) continue;
    add(
      'input/nobody-to-ask',
      'nobody can be asked while a fleet is rolled out',
      path,
      'name where it comes from: { file: PATH } or { url: URL }',
    );
  }
  hostFile.hooks.forEach(({ file }, index) => {
    if (file === undefined || isAbsolute(file)) return;
    add(
      'input/hook-file',
      `the hook ${file} will not lie beside the host file`,
      ['hooks', index, 'file'],
      'host files of a fleet come alone; give an absolute path, or a url with its sha256',
    );
  });
  return errors;
}

/** Keys that are taken away with null and that no host file can have. */
export function checkTakenAway(layer: Layer): KronosError[] {
  const errors: KronosError[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (!isMapping(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const own = [...path, key];
      if (inner !== null) visit(inner, own);
      else {
        // Without the value: what is taken away may be of the kind that was there before.
        const known = keysAt(hostFileSchema, path, undefined);
        // Variables have any name, and where nothing is known the parent is the mistake.
        if (known.length === 0 || known.includes(key)) continue;
        const guess = nearest(key, known);
        errors.push(
          new KronosError(
            'input/unknown-key',
            `${formatPath(own)} is taken away, but no host file can have it`,
            {
              location: layer.locateKey(own),
              hint:
                guess === undefined
                  ? `the keys here are ${known.join(', ')}`
                  : `did you mean ${JSON.stringify(guess)}?`,
            },
          ),
        );
      }
    }
  };
  visit(layer.value, []);
  return errors;
}

/** Root of the coordinator must have the password that members join with. */
export function checkPoolLogins(
  pools: readonly FleetPool[],
  composed: ReadonlyMap<string, ComposedHost>,
  findings: FleetFindings,
): void {
  const found: HostFinding[] = [];
  for (const { name, coordinator, hosts, credential } of pools) {
    if (credential.user !== 'root' || hosts.length < 2) continue;
    for (const host of coordinator === 'first-seen' ? hosts : [coordinator.host]) {
      const one = composed.get(host);
      if (one === undefined) continue;
      const { password, passwordHash = '!' } = one.source.hostFile.root;
      if (password !== undefined || !/^!!?$/.test(passwordHash)) continue;
      const error = new KronosError(
        'input/pool-login',
        `members of ${name} join with the password of root, and root has none`,
        {
          location: one.document.locate(['root']),
          hint: 'give root the passwordHash of the password in the credential of the pool',
        },
      );
      found.push({ host, error });
    }
  }
  findings.warnings.push(...gatherFindings(found));
}

/** Warns of secrets by file that cannot be read here: the server that hands out host files must be able to. */
export async function checkSecretFiles(
  pools: readonly FleetPool[],
  composed: ReadonlyMap<string, ComposedHost>,
  directory: string,
  findings: FleetFindings,
): Promise<void> {
  const readable = new Map<string, Promise<boolean>>();
  const isReadable = (file: string): Promise<boolean> => {
    const path = isAbsolute(file) ? file : join(directory, file);
    const looking = readable.get(path) ?? access(path).then(...YES_OR_NO);
    readable.set(path, looking);
    return looking;
  };
  const hint =
    'files are found from the directory of the fleet file, on the machine that serves it';
  for (const { name, credential } of pools) {
    const { password } = credential;
    if (typeof password === 'string' || !('file' in password)) continue;
    if (await isReadable(password.file)) continue;
    findings.warn('input/no-secret-file', `the secret in ${password.file} cannot be read here`, {
      path: ['pools', name, 'credential', 'password', 'file'],
      hint,
    });
  }
  const found: HostFinding[] = [];
  for (const [host, { document, source }] of composed) {
    for (const { path, secret } of listSecrets(source.hostFile)) {
      if (typeof secret === 'string' || !('file' in secret) || drawsFromMachine(secret.file))
        continue;
      if (await isReadable(secret.file)) continue;
      const error = new KronosError(
        'input/no-secret-file',
        `the secret in ${secret.file} cannot be read here`,
        { location: document.locate([...path, 'file']), hint },
      );
      found.push({ host, error });
    }
  }
  findings.warnings.push(...gatherFindings(found));
}

const YES_OR_NO = [(): boolean => true, (): boolean => false] as const;
