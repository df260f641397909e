// Host files of this directory planned on the recorded machines.
import { join } from 'node:path';
import type { Inventory } from '../../../src/host/inventory.ts';
import { readHostFile } from '../../../src/host/read.ts';
import type { HostFile } from '../../../src/host/schema/host-file.ts';
import { factsOf } from '../../../src/host/variables.ts';
import {
  NO_IMAGE,
  planInstall,
  type InstallMode,
  type InstallPlan,
} from '../../../src/installer/plan/plan.ts';
import { readMachine } from '../../host/machines.ts';
import { sourceDirectory } from '../../golden.ts';

export const HOSTS = join(sourceDirectory(import.meta.url), 'hosts');

export interface PlanCase {
  machine: string;
  /** Name of a host file in hosts/. */
  host: string;
  mode?: InstallMode;
  toolstack?: 'xl' | 'xapi';
  /** Makes another machine of the recorded one. */
  change?: (machine: Inventory) => void;
}

/** The plan, with the host file and the machine that it is for. */
export async function planCase(
  one: PlanCase,
): Promise<{ plan: InstallPlan; hostFile: HostFile; inventory: Inventory }> {
  const inventory = await readMachine(one.machine);
  one.change?.(inventory);
  const { hostFile } = await readHostFile(join(HOSTS, `${one.host}.yaml`), {
    facts: factsOf(inventory),
    toolstack: one.toolstack,
  });
  return { plan: planInstall(hostFile, inventory, NO_IMAGE, one.mode), hostFile, inventory };
}
