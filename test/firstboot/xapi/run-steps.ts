// One first boot with xapi against servers that are told: in a test, or as a process of its own that a test ends.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { formatError } from '../../../src/common/error.ts';
import { makeContext } from '../../../src/firstboot/context.ts';
import type { Installed } from '../../../src/firstboot/installed.ts';
import { readSecrets } from '../../../src/firstboot/secrets.ts';
import type { XapiPlaces } from '../../../src/firstboot/xapi/own.ts';
import { xapiSteps } from '../../../src/firstboot/xapi/steps.ts';
import { parseHostFile } from '../../../src/host/read.ts';
import { runIndependent } from '../../../src/steps/run-independent.ts';

export interface Boot {
  /** The host file. */
  text: string;
  /** Addresses of the cards of the management network. */
  macs: readonly string[];
  places: XapiPlaces & { secrets: string };
  /** Nobody answers at the management address. */
  silent?: boolean;
}

/** How each step ended; failures are told to `tell`. */
export async function runBoot(
  { text, macs, places, silent = false }: Boot,
  tell: (failure: string) => void = () => undefined,
): Promise<Record<string, string>> {
  const { signal } = new AbortController();
  const { hostFile } = await parseHostFile(text, 'host.yaml', { toolstack: 'xapi' });
  const installed = {
    disks: { networks: [{ name: 'management', interfaces: macs.map((mac) => ({ mac })) }] },
  } as unknown as Installed;
  const secrets = await readSecrets(places.secrets);
  const context = {
    ...makeContext(hostFile, installed, { toolstack: 'xapi', secrets, signal }),
    places: {
      ...places,
      // The networks are a simulator's: there is nobody to ask.
      ask: () => Promise.resolve({ answered: !silent, text: 'no answer from 10.0.0.1' }),
    },
  };
  const outcomes = await runIndependent(xapiSteps(hostFile), context, {
    ...{ stage: 'firstboot', sink: () => undefined, signal },
  });
  for (const { step, error } of outcomes)
    if (error !== undefined) tell(`${step}: ${formatError(error)}`);
  return Object.fromEntries(outcomes.map(({ step, state }) => [step, state]));
}

/** This module as a program; its argument is a file with the boot as JSON. */
export const PROGRAM = fileURLToPath(import.meta.url);

if (process.argv[1] === PROGRAM) {
  await runBoot(JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Boot);
}
