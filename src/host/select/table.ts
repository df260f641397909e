// Disks as people see them: one line each with what is on it, and the details of one.
import { formatBytes } from '../../common/format.ts';
import type { Content, Disk } from '../inventory.ts';
import { cut, cutFront, listed, plain, wrap } from './text.ts';

const WIDTH = 80;
const GAP = '  ';
const HEADER = ['NAME', 'SIZE', 'MODEL', 'SERIAL', 'BUS', 'WHAT IS ON IT'] as const;
const MODEL = 2;
const SERIAL = 3;
const CONTENTS = 5;
/** Columns that a cell takes at most; the last one gets what is left. */
const LIMITS = [12, 8, 24, 20, 6, WIDTH] as const;
/** What is left to a column where another has more to say: models are cut first, then serial numbers. */
const SHRUNK: readonly [column: number, width: number][] = [
  [MODEL, 12],
  [SERIAL, 12],
];

/**
 * A header and one line for each disk, at most `width` columns of ASCII. What is cut ends, serials begin, with two dots.
 */
export function formatDiskTable(disks: readonly Disk[], width = WIDTH): string[] {
  const rows = disks.map((disk) => [
    plain(disk.name),
    formatBytes(disk.size),
    plain(disk.model ?? disk.vendor ?? '-'),
    plain(disk.serial ?? '-'),
    disk.transport,
    plain(describeDisk(disk)),
  ]);
  const widths = widthsOf([[...HEADER], ...rows], width);
  return [[...HEADER], ...rows].map((row) =>
    row
      .map((cell, column) => {
        const room = widths[column] ?? 0;
        const text = column === SERIAL ? cutFront(cell, room) : cut(cell, room);
        return column === 1 ? text.padStart(room) : text.padEnd(room);
      })
      .join(GAP)
      .trimEnd(),
  );
}

function widthsOf(rows: readonly (readonly string[])[], whole: number): number[] {
  const widths = LIMITS.map((limit, column) =>
    Math.min(limit, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  const excess = (): number =>
    widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - whole;
  for (const [column, least] of SHRUNK) {
    const width = widths[column] ?? 0;
    widths[column] = Math.max(Math.min(width, least), width - Math.max(0, excess()));
  }
  widths[CONTENTS] = (widths[CONTENTS] ?? 0) - Math.max(0, excess());
  return widths;
}

/** What is on a disk in a few words: `empty`, `Kronos 0.1.0 "xen01"`, `in use: /srv, LVM data`. */
export function describeDisk(disk: Disk): string {
  if (disk.bootMedium) return 'the boot medium';
  if (disk.size === 0) return 'no medium';
  const contents = contentsOf(disk);
  const words = [
    ...(disk.readOnly ? ['read-only'] : []),
    ...(disk.removable ? ['removable'] : []),
    ...(disk.mounts.length > 0 ? [`in use: ${disk.mounts[0] ?? ''}`] : []),
    ...(disk.multipath === undefined ? [] : [`path of ${disk.multipath}`]),
    ...(contents === '' ? [] : [contents]),
  ];
  return words.length === 0 ? 'empty' : words.join(', ');
}

/** Lines of at most 80 columns with all that is known of a disk. */
export function formatDiskDetails(disk: Disk): string[] {
  const rows: [label: string, text: string | undefined][] = [
    ['vendor', disk.vendor],
    ['model', disk.model],
    ['serial', disk.serial],
    ['wwn', disk.wwn],
    ['size', `${formatBytes(disk.size)} (${disk.size} bytes)`],
    ['sectors', `${disk.logicalSector} bytes, ${disk.physicalSector} physical`],
    ['kind', `${disk.transport}, ${disk.rotational ? 'rotating' : 'not rotating'}`],
    ...disk.links.map((link): [string, string] => ['link', link]),
    ...(disk.mounts.length === 0 ? [] : [['in use', listed(disk.mounts)] as [string, string]]),
    ...(disk.holders.length === 0 ? [] : [['held by', listed(disk.holders)] as [string, string]]),
    ['on it', describeDisk(disk)],
  ];
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : row(label, plain(text), 11),
  );
  return [...lines, ...disk.contents.flatMap(formatContent)];
}

function formatContent(content: Content): string[] {
  const where = content.partition === 0 ? 'whole disk' : `partition ${content.partition}`;
  const parts = [
    content.size === undefined || content.partition === 0 ? '' : formatBytes(content.size),
    content.type,
    content.partitionName === undefined ? '' : `named ${content.partitionName}`,
    content.label === undefined ? '' : `label ${content.label}`,
    content.group === undefined ? '' : `of ${content.group}`,
  ].filter((part) => part !== '');
  return row(where, plain(parts.join(', ')), 13);
}

function row(label: string, text: string, width: number): string[] {
  return wrap(text, WIDTH - 2 - width).map(
    (line, index) => `  ${(index === 0 ? label : '').padEnd(width)}${line}`,
  );
}

const GROUPS: Readonly<Partial<Record<Content['kind'], string>>> = {
  raid: 'RAID',
  lvm: 'LVM',
  zfs: 'ZFS',
  bcache: 'bcache',
  multipath: 'multipath',
};

/** Members of something larger first: they are what is lost beyond this disk. */
function contentsOf(disk: Disk): string {
  if (disk.installed !== undefined) {
    const { version, hostname, unfinished } = disk.installed;
    if (unfinished === true) return 'Kronos, unfinished';
    const known = (text: string): boolean => text !== '' && text !== 'unknown';
    return `Kronos${known(version) ? ` ${version}` : ''}${known(hostname) ? ` "${hostname}"` : ''}`;
  }
  const contents = disk.contents.filter(
    ({ kind }) => kind !== 'multipath' || disk.multipath === undefined,
  );
  const words = [
    ...contents.filter(({ kind }) => kind in GROUPS),
    ...contents.filter(({ kind }) => !(kind in GROUPS) && kind !== 'partition-table'),
  ].map(nameOf);
  const known = [...new Set(words.filter((word) => word !== ''))];
  if (known.length > 0) return known.join(', ');
  if (words.length > 0) return `${words.length} unknown partition${words.length === 1 ? '' : 's'}`;
  const table = contents[0];
  if (table !== undefined) return `${table.type}, no partitions`;
  return disk.holders.length > 0 ? `held by ${listed(disk.holders)}` : '';
}

function nameOf(content: Content): string {
  const group = GROUPS[content.kind];
  if (group !== undefined) return `${group} ${content.group ?? content.label ?? content.type}`;
  if (content.type === 'unknown') return '';
  return content.label === undefined ? content.type : `${content.type} "${content.label}"`;
}
