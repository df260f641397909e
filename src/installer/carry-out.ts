// A checked plan carried out, with its events kept and its end reported: the same from a host file and from the screens.
import type { HostFile } from '../host/schema/host-file.ts';
import type { Facts } from '../host/variables.ts';
import type { EventSink } from '../steps/event.ts';
import { fetchBytes } from './fetch-bytes.ts';
import type { InstallImage } from './image.ts';
import { install } from './install.ts';
import { withLock } from './lock.ts';
import { hashPasswords } from './passwords.ts';
import { digestPlan, requireApproved, type InstallPlan } from './plan/plan.ts';
import { reportedly } from './report.ts';
import { joinSinks, JOURNAL, journalSink } from './sinks.ts';

export interface CarryOutOptions {
  plan: InstallPlan;
  image: InstallImage;
  hostFile: HostFile;
  facts: Facts;
  /** Where files beside the host file are. */
  directory?: string | undefined;
  sink: EventSink;
  signal: AbortSignal;
  note: (text: string) => void;
  /** Asks a person for a secret. */
  ask?: ((words: string) => Promise<string>) | undefined;
  /** What the lock says of us; left out where the caller has it. */
  lock?: string | undefined;
}

/** Errors: `input/not-approved`, `host/installing`, those of hashPasswords and install. */
export async function carryOut(options: CarryOutOptions): Promise<void> {
  const { plan, image, hostFile, facts, signal, note, lock } = options;
  requireApproved(plan, hostFile);
  const secrets = { directory: options.directory, ask: options.ask };
  const passwords = await hashPasswords(hostFile, secrets);
  const sink = joinSinks([journalSink(JOURNAL), options.sink]);
  const subject = {
    hostFile,
    facts,
    plan: digestPlan(plan),
    version: image.version,
    passwords,
    note,
  };
  const work = (): Promise<void> =>
    reportedly(subject, secrets, (report) =>
      install({
        ...{ plan, image, hostFile, passwords, signal, fetchBytes },
        sink: joinSinks([sink, report]),
      }),
    );
  await (lock === undefined ? work() : withLock(lock, work));
}
