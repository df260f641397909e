// An install plan as a person reads it: what is erased, where the parts go, what starts. ASCII of 80 columns, for consoles.
import { formatBytes } from '../../common/format.ts';
import { cut, listed, plain, wrap } from '../../host/select/text.ts';
import { describeSystemDisk, describeStorageDisk } from './describe-disk.ts';
import { MANAGEMENT, type PlannedInterface, type PlannedNetwork } from './network.ts';
import { digestPlan, disksOf, type InstallPlan } from './plan.ts';

const WIDTH = 80;

/** Where the text of a row begins. */
const INDENT = 14;

/** The plan as lines of at most 80 columns. */
export function describePlan(plan: InstallPlan): string {
  const { system, storage, untouched } = plan;
  const sections = [
    describeHead(plan),
    describeLoss(plan),
    ...system.disks.map((disk) => describeSystemDisk(disk, plan)),
    ...storage.flatMap(({ name, disks }) =>
      disks.map((disk) => describeStorageDisk(disk, name, plan)),
    ),
    untouched.length === 0 ? [] : ['Not touched', ...describeUntouched(untouched)],
    ['Network', ...plan.networks.flatMap(describeNetwork)],
    ['dom0', ...describeBoot(plan)],
    ...plan.warnings.map(({ code, message, hint }) => [
      ...wrap(plain(`warning ${code}: ${message}`), WIDTH),
      ...wrap(plain(`hint: ${hint}`), WIDTH - 2).map((line) => `  ${line}`),
    ]),
  ];
  return `\n${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const TITLES = {
  install: 'Installation of',
  reinstall: 'Reinstallation of',
} as const;

const MODES = {
  install: 'install: everything on the disks of the plan is replaced',
  reinstall: 'reinstall: state and storage stay, the system is replaced',
} as const;

function describeHead(plan: InstallPlan): string[] {
  const { machine, firmware, mode, hostname } = plan;
  const title = cut(plain(`${TITLES[mode]} ${hostname}`), WIDTH);
  const name = [machine.vendor, machine.product].filter((part) => part !== undefined).join(' ');
  const serial = machine.serial === undefined ? [] : [`serial ${machine.serial}`];
  return [
    title,
    '='.repeat(title.length),
    ...row(
      'machine',
      [...(name === '' ? [] : [name]), ...serial, firmware.toUpperCase()].join(', '),
    ),
    ...row('mode', MODES[mode]),
    ...row('plan', digestPlan(plan)),
  ];
}

/** What cannot be had back, before everything else. */
function describeLoss(plan: InstallPlan): string[] {
  const lost = disksOf(plan).filter(({ erased }) => erased.length > 0);
  if (lost.length === 0) return ['Nothing is erased: the disks are empty.'];
  const names = listed(lost.map(({ name }) => plain(name)));
  const what =
    plan.mode === 'install'
      ? `EVERYTHING ON ${names} WILL BE ERASED (marked X below)`
      : `THE SYSTEM ON ${names} WILL BE REPLACED (marked X below)`;
  return wrap(`!!! ${what} !!!`, WIDTH);
}

function describeUntouched(untouched: InstallPlan['untouched']): string[] {
  return untouched.map(({ name, size, model, holds }) =>
    cut(
      `  ${plain(name).padEnd(INDENT - 4)}  ${formatBytes(size).padStart(8)}  ${plain(`${model ?? '-'}: ${holds}`)}`,
      WIDTH,
    ),
  );
}

function describeNetwork(network: PlannedNetwork): string[] {
  const { name, interfaces, bond, vlan, ipv4, ipv6, gateways } = network;
  const used = [
    ...(bond === undefined ? [] : [`bond ${bond}`]),
    ...(vlan === undefined ? [] : [`VLAN ${vlan}`]),
    `IPv4 ${ipv4}`,
    `IPv6 ${ipv6}`,
    ...gateways.map((gateway) => `gateway ${gateway}`),
  ].join(', ');
  return [
    ...row(name, used),
    // The cards of other networks are those of the management network unless they have their own.
    ...(name === MANAGEMENT || interfaces.length > 0 ? interfaces.flatMap(describeCard) : []),
  ];
}

function describeCard({ name, mac, driver, link, speed }: PlannedInterface): string[] {
  const state =
    link === undefined
      ? 'link not known'
      : link
        ? `link${speed === undefined ? '' : ` of ${speed} Mbit/s`}`
        : 'NO LINK';
  return row('', [name, mac, ...(driver === undefined ? [] : [driver]), state].join(', '));
}

function describeBoot({ boot, machine }: InstallPlan): string[] {
  const { dom0Memory, dom0Vcpus, serial, xenArguments, kernelArguments } = boot;
  return [
    ...row('memory', `${formatBytes(dom0Memory)} of ${formatBytes(machine.memory)}`),
    ...row('vCPUs', dom0Vcpus === undefined ? `all ${machine.cpus}` : String(dom0Vcpus)),
    ...row('serial', `com${serial.port} at ${serial.speed}`),
    ...(xenArguments.length === 0 ? [] : row('Xen', xenArguments.join(' '))),
    ...(kernelArguments.length === 0 ? [] : row('Linux', kernelArguments.join(' '))),
  ];
}

function row(label: string, text: string): string[] {
  const head = plain(label);
  const lines = wrap(plain(text), WIDTH - INDENT).map(
    (line, index) => `  ${(index === 0 ? head : '').padEnd(INDENT - 2)}${line}`,
  );
  // A long label has its own line.
  if (head.length <= INDENT - 3) return lines;
  return [`  ${cut(head, WIDTH - 2)}`, ...row('', text)];
}
