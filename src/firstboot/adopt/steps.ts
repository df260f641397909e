// What a first boot of a host that was there before does besides: nothing at all without Xen, and Xen by default once it works.
import { KronosError } from '../../common/error.ts';
import type { BootStep } from '../context.ts';
import { goBackIfCut, settleHost } from '../network/takeover.ts';
import { forgetNext, isXenNext, startXenAlways, startXenOnce } from './boot-order.ts';
import { confirm, isConfirmed, readRecord } from './record.ts';
import { THIS_HOST } from './system.ts';
import { isControlDomain } from './xen.ts';

/** The step that all others wait for. */
export const XEN = 'xen';

const xenStep: BootStep = {
  name: XEN,
  title: 'Starting Xen',
  weight: 1,
  probe: async () =>
    (await isConfirmed()) || ((await isControlDomain()) && !(await isXenNext(THIS_HOST))),
  apply: async (_context, { note }) => {
    if (await isControlDomain()) {
      // GRUB cannot write everywhere: once is once all the same.
      await forgetNext(THIS_HOST);
      return;
    }
    // A run under Xen that was cut has left half of a network.
    if (await goBackIfCut()) note('the former network is back');
    throw notStarted();
  },
};

/** The next start is Xen, whatever became of it before. Errors: `host/boot-order`, `host/no-boot-loader`. */
export async function armXen(): Promise<void> {
  const boot = (await readRecord())?.boot;
  if (boot?.loader === 'grub') return startXenOnce(boot, THIS_HOST);
  throw new KronosError(
    'host/no-boot-loader',
    `starting Xen: ${boot?.why ?? 'nothing is known of the boot loader'}`,
    {
      hint: 'choose Xen in the menu of the boot loader',
    },
  );
}

/** Why nothing is done on this host. */
export function notStarted(): KronosError {
  return new KronosError(
    'host/xen-not-started',
    'this host was started without Xen, which was never seen to work here: nothing was changed',
    {
      hint: 'look at what Xen said on the console; have it started once more: kronos-firstboot retry xen, then restart the host',
    },
  );
}

const bootDefaultStep: BootStep = {
  name: 'boot-default',
  title: 'Starting Xen by default',
  weight: 1,
  needs: [XEN, 'network'],
  probe: () => isConfirmed(),
  apply: async (_context, { note }) => {
    const boot = (await readRecord())?.boot;
    if (boot?.loader === 'grub') await startXenAlways(boot, THIS_HOST);
    else note(boot?.why ?? 'nothing is known of the boot loader');
    await settleHost();
    await confirm();
  },
};

/** The steps of a host that was there before. */
export function adoptedSteps(steps: readonly BootStep[]): BootStep[] {
  return [
    xenStep,
    ...steps.map((step) => ({ ...step, needs: [...(step.needs ?? []), XEN] })),
    bootDefaultStep,
  ];
}
