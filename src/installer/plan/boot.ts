// Boot arguments of an installed host: memory of dom0, consoles, and what recipes and the host file add.
import type { HostFile } from '../../host/schema/host-file.ts';
import type { Inventory } from '../../host/inventory.ts';
import { KronosError } from '../../common/error.ts';
import { formatBytes } from '../../common/format.ts';
import type { ImageFacts } from './plan.ts';

const MEBIBYTE = 1024 * 1024;

export interface BootPlan {
  /** Bytes. */
  dom0Memory: number;
  dom0Vcpus?: number | undefined;
  /** Of Xen, without consoles. */
  xenArguments: string[];
  /** Of Linux, without root and consoles. */
  kernelArguments: string[];
  serial: { port: 1 | 2; speed: number };
}

/** dom0 gets no less (bytes): below, the tools of storage and Open vSwitch fail in ways that are hard to read. */
const LEAST_MEMORY = 768 * MEBIBYTE;

/**
 * What Xen and Linux are started with. Default memory of dom0: 1 GiB and 5 % of the machine, at most 8 GiB, in steps of
 * 16 MiB, as XenServer does.
 * Errors: `host/too-little-memory`, `input/dom0-memory`.
 */
export function planBoot(hostFile: HostFile, inventory: Inventory, image: ImageFacts): BootPlan {
  const { memory } = inventory.machine;
  const { boot } = hostFile;
  const usual = Math.min(1024 * MEBIBYTE + memory * 0.05, 8192 * MEBIBYTE);
  const step = 16 * MEBIBYTE;
  // Small machines: dom0 may have most of what there is, guests come second.
  const room = memory - 256 * MEBIBYTE;
  const dom0Memory = boot.dom0Memory ?? Math.floor(Math.min(usual, room) / step) * step;
  if (dom0Memory < LEAST_MEMORY) {
    const asked = boot.dom0Memory !== undefined;
    throw new KronosError(
      asked ? 'input/dom0-memory' : 'host/too-little-memory',
      asked
        ? `boot.dom0Memory: ${formatBytes(dom0Memory)} is too little`
        : `this machine has ${formatBytes(memory)} of memory`,
      { hint: `dom0 needs at least ${formatBytes(LEAST_MEMORY)}` },
    );
  }
  if (dom0Memory > room) {
    throw new KronosError(
      'input/dom0-memory',
      `boot.dom0Memory: ${formatBytes(dom0Memory)} of the machine's ${formatBytes(memory)} leaves nothing for Xen`,
      { hint: `give dom0 at most ${formatBytes(Math.floor(room / step) * step)}` },
    );
  }
  return {
    dom0Memory,
    dom0Vcpus: boot.dom0Vcpus,
    xenArguments: [...image.xenArguments.filter(isNotOurs), ...boot.xenArguments],
    kernelArguments: [...image.kernelArguments.filter(isNotOurs), ...boot.kernelArguments],
    serial: boot.serial ?? { port: 1, speed: 115200 },
  };
}

/** What this plan decides itself. */
function isNotOurs(argument: string): boolean {
  return !/^(dom0_mem|dom0_max_vcpus|console|com[12]|vga)=/.test(argument);
}

/** Arguments for multiboot2's Xen line. `console`: where a person sits. */
export function xenLine(plan: BootPlan): string[] {
  const memory = `${Math.floor(plan.dom0Memory / MEBIBYTE)}M`;
  const { port, speed } = plan.serial;
  return [
    // min and max alike: dom0 never balloons, which costs more than it gives.
    `dom0_mem=${memory},max:${memory}`,
    ...(plan.dom0Vcpus === undefined ? [] : [`dom0_max_vcpus=${plan.dom0Vcpus}`]),
    `com${port}=${speed},8n1`,
    `console=com${port},vga`,
    'vga=current',
    ...plan.xenArguments,
  ];
}

/** Arguments of Linux below Xen or without it; the last console is where systemd reports. */
export function kernelLine(
  plan: BootPlan,
  root: string,
  where: { xen: boolean; console: 'screen' | 'serial' },
): string[] {
  const { port, speed } = plan.serial;
  const serial = where.xen ? 'console=hvc0' : `console=ttyS${port - 1},${speed}`;
  const consoles = where.console === 'screen' ? [serial, 'console=tty0'] : ['console=tty0', serial];
  return [`root=${root}`, 'ro', ...plan.kernelArguments, ...consoles];
}
