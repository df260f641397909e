// The host file of this host with its secrets, wherever they are.
import { dirname } from 'node:path';
import { formatError } from '../common/error.ts';
import type { CarriedSecrets } from '../host/carried-secrets.ts';
import type { Toolstack } from '../host/findings.ts';
import { parseHostFile, readText } from '../host/read.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import { HOST_FILE } from './adopt/places.ts';
import { moveWrittenSecrets, readGivenSecrets, type SecretSection } from './given-secrets.ts';
import { readSecrets } from './secrets.ts';
import { readRole } from './xapi/own.ts';

export interface SecretOptions {
  /** Take what is written out in the host file out of it. */
  move?: boolean;
  /** What the host file names elsewhere is read for these only (default: all). */
  wanted?: readonly SecretSection[];
}

/**
 * Says on standard error what could not be had and what stays. Errors: those of parseHostFile, readText, readSecrets and node:fs.
 */
export async function openSecrets(
  toolstack: Toolstack,
  { move = false, wanted }: SecretOptions,
): Promise<{ hostFile: HostFile; secrets: CarriedSecrets }> {
  const text = await readText(HOST_FILE);
  const { hostFile } = await parseHostFile(text, HOST_FILE, { toolstack });
  const kept = await readSecrets();
  const isMember = hostFile.pool?.role === 'member' && (await isSlave());
  const directory = dirname(HOST_FILE);
  const given = await readGivenSecrets(hostFile, kept, { isMember, directory, wanted });
  for (const { name, error } of given.failures) say(`the ${name}: ${formatError(error)}`);
  if (move) {
    const parts = { path: HOST_FILE, text, value: hostFile };
    for (const name of await moveWrittenSecrets(given, kept, parts))
      say(
        `the ${name} stays in ${HOST_FILE}, because it comes from a variable: take it out yourself`,
      );
  }
  return { hostFile, secrets: given.secrets };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function isSlave(): Promise<boolean> {
  // Before the first start of xapi nobody has said what this host is.
  const role = await readRole().catch(() => '');
  return role.startsWith('slave:');
}
