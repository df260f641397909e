// All steps of a first boot, in their order.
import type { BootContext, BootStep } from './context.ts';
import { hookSteps } from './hooks.ts';
import { cardsStep } from './network/cards.ts';
import { networkStep } from './network/takeover.ts';
import { storageSteps } from './storage/steps.ts';
import { xapiSteps } from './xapi/steps.ts';
import { logServerStep } from './xl/log-server.ts';
import { xlDefaultsStep } from './xl/defaults.ts';

/** Errors: those of hookSteps. */
export async function bootSteps({
  hostFile,
  toolstack,
}: Pick<BootContext, 'hostFile' | 'toolstack'>): Promise<BootStep[]> {
  const hooks = await hookSteps();
  if (toolstack === 'xapi') return [...xapiSteps(hostFile), ...hooks];
  return [
    cardsStep,
    networkStep,
    logServerStep,
    xlDefaultsStep,
    ...storageSteps(hostFile),
    ...hooks,
  ];
}
