// An install plan as a person reads it: what is erased, where the parts go, what starts.
import { formatBytes, formatTable } from '../../common/format.ts';
import type { Content } from '../../host/inventory.ts';
import { digestPlan, type InstallPlan, type PlannedDisk } from './plan.ts';

/** The plan as lines of at most 80 columns. */
export function describePlan(plan: InstallPlan): string {
  const { system, storage } = plan;
  return [
    '',
    `Plan ${digestPlan(plan).slice(0, 16)}: ${plan.mode} ${plan.hostname} (${plan.firmware})`,
    '',
    `System disk${system.raid ? 's, mirrored' : ''}:`,
    ...system.disks.flatMap(describeDisk),
    ...storage.flatMap(({ name, disks }) => [`Storage "${name}":`, ...disks.flatMap(describeDisk)]),
    '',
    'Partitions of the system disk:',
    indent(
      formatTable(
        system.layout.partitions.map(({ number, name, size }) => [
          String(number),
          name,
          formatBytes(size),
        ]),
      ),
    ),
    '',
    `Management: ${plan.management.map(({ name, mac }) => `${name} (${mac})`).join(', ')}`,
    `dom0: ${formatBytes(plan.boot.dom0Memory)} of memory`,
    '',
  ].join('\n');
}

function describeDisk(disk: PlannedDisk): string[] {
  const name = [disk.vendor, disk.model].filter((part) => part !== undefined).join(' ');
  const serial = disk.serial === undefined ? '' : `, serial ${disk.serial}`;
  return [
    `  ${disk.name}  ${formatBytes(disk.size)}  ${name}${serial}`.trimEnd(),
    ...(disk.erased.length === 0
      ? ['    is empty']
      : [
          '    WILL BE ERASED:',
          ...disk.erased.map((content) => `      ${describeContent(content)}`),
        ]),
  ];
}

function describeContent(content: Content): string {
  const where = content.partition === 0 ? 'disk' : `partition ${content.partition}`;
  const label = content.label === undefined ? '' : ` "${content.label}"`;
  const size = content.size === undefined ? '' : `, ${formatBytes(content.size)}`;
  return `${where}: ${content.type}${label}${size}`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
