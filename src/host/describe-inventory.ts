// A machine as people see it: what it is, its disks, its network cards.
import { formatBytes, formatTable } from '../common/format.ts';
import type { Inventory } from './inventory.ts';
import { formatDiskTable } from './select/table.ts';
import { cut, plain } from './select/text.ts';

/** The text of an inventory, at most 80 columns of ASCII. */
export function describeInventory({ machine, disks, interfaces }: Inventory): string {
  const { vendor, product, serial, cpuModel, cpus, memory, firmware, xen } = machine;
  const name = [vendor, product].filter((text) => text !== undefined).join(' ');
  const facts: [string, string][] = [
    [
      'machine',
      `${name === '' ? 'unknown' : name}${serial === undefined ? '' : `, serial ${serial}`}`,
    ],
    ['processor', `${cpuModel ?? 'unknown'}, ${cpus} threads`],
    ['memory', formatBytes(memory)],
    ['firmware', `${firmware.toUpperCase()}${xen ? ', under Xen' : ''}`],
  ];
  const cards = interfaces.map(({ name: own, mac, path, driver, link, speed }) => [
    own,
    mac,
    path ?? '-',
    driver ?? '-',
    link === undefined
      ? 'not known'
      : link
        ? `up${speed === undefined ? '' : ` ${speed}`}`
        : 'down',
  ]);
  const table = formatTable([['NAME', 'MAC', 'PATH', 'DRIVER', 'LINK'], ...cards]).split('\n');
  return [
    ...facts.map(([label, text]) => cut(`${label.padEnd(11)}${plain(text)}`, 80)),
    '',
    ...(disks.length === 0 ? ['no disks'] : formatDiskTable(disks)),
    '',
    ...(cards.length === 0 ? ['no network cards'] : table.map((line) => cut(plain(line), 80))),
  ].join('\n');
}
