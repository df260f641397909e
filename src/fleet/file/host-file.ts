// The host file of a host of the fleet as it is handed out: one text that stands alone.
import { KronosError } from '../../common/error.ts';
import { nearest } from '../../common/nearest.ts';
import type { Path, YamlDocument } from '../../common/yaml.ts';
import { formatWholeDocument } from '../../host/format.ts';
import { parseHostFile, resolveHostFile } from '../../host/read.ts';
import type { Secret } from '../../host/schema/values.ts';
import { readSecret } from '../../host/secret.ts';
import { listSecrets } from '../../host/secret-places.ts';
import type { Facts } from '../../host/variables.ts';
import type { Fleet, FleetHost, FleetPool } from './fleet.ts';

/** What the fleet file does not know. */
export interface Additions {
  /** What the machine says of itself; without it, nothing that draws from the machine is checked. */
  facts?: Facts | undefined;
  /** Left out where no fleet server listens. */
  report?: { url: string; fingerprint: string; token: string } | undefined;
  /** Of the coordinator that it joins; left out for the coordinator itself, and for hosts without a pool. */
  pool?: { address: string; fingerprint: string } | undefined;
}

/**
 * The whole host file of a host: report and pool added, secrets by file put in, checked as a machine checks it. Secrets by
 * URL stay, the machine fetches them. The text is as secret as what is in it.
 * Errors: `input/no-such-host`, those of resolveHostFile and readSecret, placed in the fleet file.
 */
export async function composeHostFile(
  fleet: Fleet,
  hostName: string,
  additions: Additions,
): Promise<string> {
  const host = findHost(fleet, hostName);
  const { facts, report } = additions;
  const { hostFile } = resolveHostFile(host.document, { facts });
  const value = structuredClone(host.document.value) as Record<string, unknown>;
  for (const { path, secret } of listSecrets(hostFile)) {
    if (typeof secret === 'string' || !('file' in secret)) continue;
    setAt(value, path, await readPlaced(secret, path, host.document, fleet.directory));
  }
  const pool = fleet.pools.find(({ name }) => name === host.pool);
  const whole = {
    ...value,
    ...(pool === undefined ? {} : { pool: await composePool(fleet, pool, host, additions) }),
    ...(report === undefined ? {} : { report: { ...report, token: literal(report.token) } }),
  };
  const text = formatWholeDocument(
    { ...host.document, value: whole },
    `The host ${host.name} of the fleet ${fleet.name}.`,
  );
  await parseHostFile(text, `the host file of ${host.name}`, { facts });
  return text;
}

/** The host of a name. Errors: `input/no-such-host`. */
export function findHost(fleet: Fleet, name: string): FleetHost {
  const host = fleet.hosts.find((one) => one.name === name);
  if (host !== undefined) return host;
  const guess = nearest(
    name,
    fleet.hosts.map((one) => one.name),
  );
  throw new KronosError('input/no-such-host', `the fleet ${fleet.name} has no host ${name}`, {
    hint: guess === undefined ? 'see: kronos fleet plan' : `did you mean ${guess}?`,
  });
}

async function composePool(
  fleet: Fleet,
  { name, coordinator, credential }: FleetPool,
  host: FleetHost,
  { pool }: Additions,
): Promise<object> {
  const leads = coordinator === 'first-seen' ? pool === undefined : coordinator.host === host.name;
  // A member without its coordinator would found a second pool of the same name.
  if (leads !== (pool === undefined))
    throw new TypeError(`${host.name} is to be coordinator and member of ${name}, or neither`);
  if (pool === undefined) return { role: 'coordinator', name };
  const { user, password } = credential;
  return {
    role: 'member',
    coordinator: pool.address,
    fingerprint: pool.fingerprint,
    credential: { user: literal(user), password: await readCredential(password, fleet.directory) },
  };
}

/** The fleet file's own secrets know nothing of variables. */
async function readCredential(secret: Secret, directory: string): Promise<unknown> {
  if (typeof secret === 'string') return literal(secret);
  if ('file' in secret) return literal(await readSecret(secret, { directory }));
  return 'url' in secret ? { ...secret, url: literal(secret.url) } : secret;
}

async function readPlaced(
  secret: Secret,
  path: Path,
  document: YamlDocument,
  directory: string,
): Promise<string> {
  try {
    return literal(await readSecret(secret, { directory }));
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    throw new KronosError(error.code, error.message, {
      ...{ location: document.locate(path), hint: error.hint, cause: error.cause },
    });
  }
}

/** A text in which nothing is put in. */
function literal(text: string): string {
  return text.replaceAll('${', '$$${');
}

function setAt(target: Record<string, unknown>, path: Path, value: unknown): void {
  let current = target as Record<string | number, unknown>;
  for (const part of path.slice(0, -1)) current = current[part] as Record<string | number, unknown>;
  current[path.at(-1) ?? ''] = value;
}
