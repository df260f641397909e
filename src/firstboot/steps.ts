// All steps of a first boot, in their order.
import type { HostFile } from '../host/schema/host-file.ts';
import type { BootStep } from './context.ts';
import { cardsStep } from './network/cards.ts';
import { networkStep } from './network/takeover.ts';
import { storageSteps } from './storage/steps.ts';

export function bootSteps(hostFile: HostFile): BootStep[] {
  return [cardsStep, networkStep, ...storageSteps(hostFile)];
}
