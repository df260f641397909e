// The entries of the boot menus: one list, three renderings (GRUB on the medium, GRUB and iPXE over the network).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KronosError } from '../../common/error.ts';
import { renderTemplate } from '../../common/template.ts';

/** What the menus say and start. */
export interface MenuInput {
  /** For example `Kronos`. */
  brand: string;
  version: string;
  edition: string;
  architecture: string;
  /** File system label of the medium. */
  label: string;
  /** Xen arguments of the recipes. */
  xenArguments: readonly string[];
  /** Linux arguments of the recipes. */
  kernelArguments: readonly string[];
}

/** An entry that starts the appliance. */
export interface MenuEntry {
  id: string;
  /** One letter; `c` and `e` belong to GRUB itself. */
  key: string;
  title: string;
  /** Undefined: Linux alone. */
  xenArguments: string | undefined;
  kernelArguments: string;
  /** Makes sense only where there is a medium. */
  medium: boolean;
}

/** Seconds until the first entry starts. */
const TIMEOUT_SECONDS = 10;

/**
 * Live, dom0 holds the layers' caches and, started over the network, the layers themselves, and no guests run beside
 * it: whatever an installed host gives dom0, here it gets what there is, up to a bound that PV page tables bear well.
 */
const LIVE_DOM0_MEMORY = 'dom0_mem=max:8192M';

/**
 * Both the serial line and the screen, until dom0 takes the screen over. On UEFI, Xen would choose the largest mode that
 * the firmware has, which can be larger than the screen; the menu's own is known to be seen.
 */
const XEN_CONSOLES = ['com1=115200,8n1', 'console=com1,vga', 'vga=current'];

/** The last console= is /dev/console, where systemd reports; the kernel and the logins use both. */
const CONSOLES = {
  xen: { screen: ['console=hvc0', 'console=tty0'], serial: ['console=tty0', 'console=hvc0'] },
  native: { screen: ['console=ttyS0,115200', 'console=tty0'] },
} as const;

interface EntrySpec {
  id: string;
  key: string;
  title: string;
  arguments: readonly string[];
  console: 'screen' | 'serial';
  xen: boolean;
  medium?: boolean;
}

function specifications(product: string): EntrySpec[] {
  return [
    {
      id: 'install',
      key: 'i',
      title: `Install ${product}`,
      arguments: ['kronos.mode=install'],
      console: 'screen',
      xen: true,
    },
    {
      id: 'serial',
      key: 's',
      title: 'Install over the serial line (115200 8n1)',
      arguments: ['kronos.mode=install', 'kronos.console=serial'],
      console: 'serial',
      xen: true,
    },
    {
      id: 'unattended',
      key: 'u',
      title: 'Install unattended, from a host file',
      arguments: ['kronos.mode=unattended'],
      console: 'screen',
      xen: true,
    },
    {
      id: 'selftest',
      key: 't',
      title: 'Self-test: run the checks of the appliance',
      arguments: ['kronos.mode=selftest', 'kronos.selftest'],
      console: 'serial',
      xen: true,
    },
    {
      id: 'rescue',
      key: 'r',
      title: 'Rescue shell',
      arguments: ['kronos.mode=rescue'],
      console: 'screen',
      xen: true,
    },
    {
      id: 'native',
      key: 'n',
      title: 'Install without Xen underneath (where Xen does not start)',
      arguments: ['kronos.mode=install'],
      console: 'screen',
      xen: false,
    },
    {
      id: 'check',
      key: 'm',
      title: 'Check this medium',
      arguments: ['kronos.mode=install', 'kronos.check'],
      console: 'screen',
      xen: false,
      medium: true,
    },
  ];
}

/** The entries with all their arguments except those that say where the layers are. */
export function menuEntries(input: MenuInput): MenuEntry[] {
  refuseUnsafe('Xen', input.xenArguments);
  refuseUnsafe('kernel', input.kernelArguments);
  const xen = liveXenArguments(input.xenArguments);
  return specifications(`${input.brand} ${input.version}`).map((entry) => ({
    id: entry.id,
    key: entry.key,
    title: entry.title,
    xenArguments: entry.xen ? xen.join(' ') : undefined,
    kernelArguments: [
      ...entry.arguments,
      ...input.kernelArguments,
      ...(entry.xen ? CONSOLES.xen[entry.console] : CONSOLES.native.screen),
    ].join(' '),
    medium: entry.medium ?? false,
  }));
}

/** The recipes' Xen arguments for the live system: dom0 gets memory for the layers, both consoles speak. */
export function liveXenArguments(fromRecipes: readonly string[]): string[] {
  const kept = fromRecipes.filter((argument) => !/^(dom0_mem|console|com1|vga)=/.test(argument));
  return [LIVE_DOM0_MEMORY, ...XEN_CONSOLES, ...kept];
}

/** Menus are scripts of GRUB and iPXE: an argument must not mean anything to either. */
function refuseUnsafe(whose: string, values: readonly string[]): void {
  for (const value of values) {
    if (/^[\w.,:=/@%+~^*!?-]+$/.test(value)) continue;
    throw new KronosError(
      'input/boot-argument',
      `the ${whose} argument ${JSON.stringify(value)} cannot be put into a boot menu`,
      {
        hint: 'use letters, digits and . , : = / @ % + - _ without spaces, quotes or $',
      },
    );
  }
}

/** File names below `iso/` that the menus are rendered from; their content belongs into the keys of the steps. */
export const MENU_TEMPLATES = {
  grub: 'grub.cfg.hbs',
  early: 'early.cfg.hbs',
  earlyPxe: 'early-pxe.cfg.hbs',
  pxeGrub: 'pxe-grub.cfg.hbs',
  ipxe: 'boot.ipxe.hbs',
  xenCfg: 'xen.cfg.hbs',
  pxeReadme: 'pxe-README.txt.hbs',
} as const;

/**
 * Renders one of the menus. `templates` is the directory `iso/` of Kronos.
 * Errors: `input/boot-argument`; those of renderTemplate.
 */
export async function renderMenu(
  templates: string,
  name: keyof typeof MENU_TEMPLATES,
  input: MenuInput,
): Promise<string> {
  const file = join(templates, MENU_TEMPLATES[name]);
  const entries = menuEntries(input);
  return renderTemplate(
    await readFile(file, 'utf8'),
    {
      product: `${input.brand} ${input.version}`,
      edition: `${input.edition}, ${input.architecture}`,
      label: input.label,
      timeout: TIMEOUT_SECONDS,
      entries: name === 'grub' ? entries : entries.filter((entry) => !entry.medium),
    },
    file,
  );
}
