// Networks that did not answer: remembered, so that they are not tried again at every start.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestData } from '../../common/digest.ts';
import { KronosError } from '../../common/error.ts';
import { readTextOrUndefined, writeFileAtomic } from '../../common/files.ts';
import { MEMORY } from '../context.ts';

const FILE = 'network-refused.json';

interface Refused {
  digest: string;
  /** ISO 8601. */
  time: string;
  reason: string;
}

/** Everything that must be so for the next run to try a network that did not answer. */
export async function forgetRefusal(memory = MEMORY): Promise<void> {
  await rm(join(memory, FILE), { force: true });
}

/** `network`: what was decided from the host file. Errors: `host/network-refused`. */
export async function requireNotRefused(network: unknown, memory = MEMORY): Promise<void> {
  const text = await readTextOrUndefined(join(memory, FILE));
  if (text === undefined) return;
  const refused = JSON.parse(text) as Refused;
  if (refused.digest !== digestData(network)) return;
  throw new KronosError(
    'host/network-refused',
    `this network was taken back at ${refused.time}: ${refused.reason}`,
    {
      hint: 'mend network in /etc/kronos/host.yaml, or the cabling and then: kronos-firstboot retry network',
    },
  );
}

export async function refuseNetwork(
  network: unknown,
  reason: string,
  memory = MEMORY,
): Promise<void> {
  const refused: Refused = {
    ...{ digest: digestData(network), time: new Date().toISOString(), reason },
  };
  await writeFileAtomic(join(memory, FILE), `${JSON.stringify(refused)}\n`);
}
