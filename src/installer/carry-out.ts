// A checked plan carried out: the same whether a host file was found or the screens made one.
import { gatherSecrets } from '../host/carried-secrets.ts';
import { fetchText } from '../host/fetch.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import type { ReadSecretOptions } from '../host/secret.ts';
import type { Scrubber } from '../steps/scrub.ts';
import { fetchBytes } from './fetch-bytes.ts';
import type { InstallImage } from './image.ts';
import { install } from './install.ts';
import { withLock } from './lock.ts';
import { hashPasswords } from './passwords.ts';
import { patiently } from './patience.ts';
import { requireApproved, type InstallPlan } from './plan/plan.ts';
import type { Session } from './session.ts';

/** Where the secrets of a host file come from; whatever is read is kept out of everything that is told. */
export function secretsOptions({
  scrub,
  directory,
  signal,
  note,
  ask,
}: {
  scrub: Scrubber;
  /** Where files beside the host file are. */
  directory: string | undefined;
  signal: AbortSignal;
  note: (text: string) => void;
  /** Asks a person. */
  ask?: ((words: string) => Promise<string>) | undefined;
}): ReadSecretOptions {
  return {
    ...{ directory, ask },
    seen: (secret) => {
      scrub.learn(secret);
    },
    fetch: (url, pin) => patiently(() => fetchText(url, { ...pin, signal }), { signal, note }),
  };
}

export interface CarryOutOptions {
  session: Session;
  plan: InstallPlan;
  image: InstallImage;
  intact: Promise<void>;
  hostFile: HostFile;
  secrets: ReadSecretOptions;
  signal: AbortSignal;
  /** Where files beside the host file are. */
  directory: string | undefined;
  /** What the lock says of us; left out where the caller has it. */
  lock?: string | undefined;
}

/** Errors: `input/not-approved`, `host/installing`, those of hashPasswords and install. */
export async function carryOut(options: CarryOutOptions): Promise<void> {
  const { session, plan, image, intact, hostFile, secrets, signal, directory, lock } = options;
  requireApproved(plan, hostFile);
  const passwords = await hashPasswords(hostFile, secrets);
  session.scrub.learn(...passwords.values());
  const reportUntil = session.fleet === undefined ? undefined : 'ready';
  const carried = await gatherSecrets(hostFile, { ...secrets, reportUntil });
  const work = (): Promise<void> =>
    install({
      ...{ plan, image, intact, hostFile, passwords, carried, signal, fetchBytes },
      beside: directory,
      sink: session.sink,
    });
  await (lock === undefined ? work() : withLock(lock, work));
}
