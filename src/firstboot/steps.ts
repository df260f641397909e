// All steps of a first boot, in their order.
import { adoptedSteps } from './adopt/steps.ts';
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
  installed,
}: Pick<BootContext, 'hostFile' | 'toolstack' | 'installed'>): Promise<BootStep[]> {
  const hooks = await hookSteps();
  const steps = [...(toolstack === 'xapi' ? xapiSteps(hostFile) : xlSteps(hostFile)), ...hooks];
  return installed.adopted === undefined ? steps : adoptedSteps(steps);
}

function xlSteps(hostFile: BootContext['hostFile']): BootStep[] {
  return [cardsStep, networkStep, logServerStep, xlDefaultsStep, ...storageSteps(hostFile)];
}
