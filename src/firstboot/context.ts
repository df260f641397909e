// What all steps of a first boot work with.
import type { CarriedSecrets } from '../host/carried-secrets.ts';
import type { Disk } from '../host/inventory.ts';
import { probeMachine } from '../host/probe/probe.ts';
import type { HostFile } from '../host/schema/host-file.ts';
import type { IndependentStep } from '../steps/run-independent.ts';
import type { Installed } from './installed.ts';
import { planBridges, type Bridge } from './network/switch.ts';
import { PLACES, type XapiPlaces } from './xapi/own.ts';

export interface BootContext {
  hostFile: HostFile;
  installed: Installed;
  bridges: readonly Bridge[];
  /** The disks of the machine, looked at once. */
  readDisks: () => Promise<readonly Disk[]>;
  toolstack: 'xl' | 'xapi';
  secrets: CarriedSecrets;
  /** Of the toolstack xapi. */
  places: XapiPlaces;
  signal: AbortSignal;
}

export type BootStep = IndependentStep<BootContext>;

/** Directory of what first boot has to remember; it belongs to the slot, so another image looks again. */
export const MEMORY = '/var/lib/kronos';

/** Errors: those of planBridges. */
export function makeContext(
  hostFile: HostFile,
  installed: Installed,
  { toolstack, secrets, signal }: Pick<BootContext, 'toolstack' | 'secrets' | 'signal'>,
): BootContext {
  const bridges = planBridges(hostFile.network, installed.disks.networks, {
    keepNames: installed.adopted !== undefined,
  });
  let disks: Promise<readonly Disk[]> | undefined;
  const readDisks = (): Promise<readonly Disk[]> =>
    (disks ??= probeMachine().then((inventory) => inventory.disks));
  return { hostFile, installed, bridges, readDisks, toolstack, secrets, places: PLACES, signal };
}
