// Secrets in the host file of a host that is there already: an operator or cloud-init wrote them. kronos-install leaves none.
import { writeFileAtomic } from '../common/files.ts';
import { loadYaml } from '../common/yaml.ts';
import { CARRIED_SECRETS, type CarriedSecrets } from '../host/carried-secrets.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import { readSecret, type ReadSecretOptions } from '../host/secret.ts';
import { listSecrets, type PlacedSecret } from '../host/secret-places.ts';
import { replaceSecretFile } from './secrets.ts';

/** The parts of a host file whose secrets first boot uses. */
const SECRET_SECTIONS = ['pool', 'storage', 'report'] as const;
export type SecretSection = (typeof SECRET_SECTIONS)[number];

export interface GivenSecrets {
  /** What was kept, with what the host file gives, which is newer. */
  secrets: CarriedSecrets;
  /** Written out in the host file, where none may stay. */
  written: readonly PlacedSecret[];
  /** Why one could not be had; who needs it says so again. */
  failures: readonly { name: string; error: unknown }[];
}

/**
 * Reads what the host file says of secrets, in text, file or URL; questions are what stands in the place of one that was
 * taken. `isMember`: of a pool already, which needs no password that is named. `wanted`: from all others nothing is read:
 * it may be far away.
 */
export async function readGivenSecrets(
  hostFile: HostFile,
  kept: CarriedSecrets,
  {
    isMember,
    wanted = SECRET_SECTIONS,
    ...options
  }: ReadSecretOptions & { isMember: boolean; wanted?: readonly SecretSection[] | undefined },
): Promise<GivenSecrets> {
  let secrets = kept;
  const written: PlacedSecret[] = [];
  const failures: { name: string; error: unknown }[] = [];
  for (const place of listSecrets(hostFile)) {
    const { secret, kind, name } = place;
    const isWritten = typeof secret === 'string';
    if (kind === 'login' || (!isWritten && 'prompt' in secret)) continue;
    if (!wanted.some((section) => section === place.path[0])) continue;
    if (isMember && place.path[0] === 'pool' && !isWritten) continue;
    try {
      secrets = withSecret(secrets, hostFile, place, await readSecret(secret, options));
      if (isWritten) written.push(place);
    } catch (error) {
      failures.push({ name, error });
    }
  }
  return { secrets, written, failures };
}

function withSecret(
  secrets: CarriedSecrets,
  hostFile: HostFile,
  { path: [section, index] }: PlacedSecret,
  value: string,
): CarriedSecrets {
  if (section === 'pool') return { ...secrets, pool: value };
  if (section === 'report') return { ...secrets, report: value };
  const name = hostFile.storage[Number(index)]?.name ?? '';
  return { ...secrets, storage: { ...secrets.storage, [name]: value } };
}

/**
 * Moves what is written out in the host file to the file of secrets, in this order, so that a cut loses none. Gives the
 * names of those that stay, because a variable of the host file holds them. Errors: those of node:fs.
 */
export async function moveWrittenSecrets(
  { written }: GivenSecrets,
  kept: CarriedSecrets,
  hostFile: { path: string; text: string; value: HostFile },
  place = CARRIED_SECRETS,
): Promise<string[]> {
  const { path, text, value } = hostFile;
  const document = loadYaml(text, path);
  const staying: string[] = [];
  const movable: TypedSecret[] = [];
  let secrets = kept;
  for (const one of written) {
    const range = document.rangeOf(one.path);
    if (
      typeof one.secret !== 'string' ||
      range === undefined ||
      document.sourceOf(one.path) !== one.secret
    ) {
      staying.push(one.name);
      continue;
    }
    movable.push({ range, name: one.name });
    secrets = withSecret(secrets, value, one, one.secret);
  }
  if (movable.length > 0) {
    await writeFileAtomic(place, `${JSON.stringify(secrets)}\n`, 0o600);
    await replaceSecretFile(path, takeOut(text, movable));
  }
  return staying;
}

/** Where in a text a secret was typed. */
interface TypedSecret {
  range: readonly [number, number];
  name: string;
}

/** The text with questions where the secrets were; everything else in it stays as it was typed. */
function takeOut(text: string, places: readonly TypedSecret[]): string {
  let result = text;
  // From the end, so that the places of the others stay.
  for (const { range, name } of [...places].sort((a, b) => b.range[0] - a.range[0])) {
    const [start, end] = range;
    const question = `{ prompt: ${JSON.stringify(`${name} (removed)`)} }`;
    // A text of several lines ends with its line.
    const rest = /\n$/.test(text.slice(start, end)) ? '\n' : '';
    result = `${result.slice(0, start)}${question}${rest}${result.slice(end)}`;
  }
  return result;
}
