// One disk of a plan as a table: left what is on it now, right what it becomes. What is lost is marked on the left.
import { formatBytes } from '../../common/format.ts';
import type { Content } from '../../host/inventory.ts';
import { cut, plain, wrap } from '../../host/select/text.ts';
import type { Partition, Role } from './layout.ts';
import type { InstallPlan, PlannedDisk } from './plan.ts';

const WIDTH = 80;

/** Columns of the left half, without its mark. */
const LEFT = 40;
const NUMBER = 4;
const SIZE = 8;
const GAP = '  ';
const MARK = { erased: 'X ', kept: '= ', none: '  ' } as const;

/** Columns of the names of our partitions. */
const NAME = 14;

/** The table of a system disk. */
export function describeSystemDisk(disk: PlannedDisk, plan: InstallPlan): string[] {
  const { system, mode } = plan;
  const half = system.raid ? ', one half of the mirror' : '';
  return [
    ...describeTitle(`System disk ${disk.name}${half}`, disk),
    ...describeHalves(
      disk,
      system.layout.partitions.map((partition) =>
        describePartition(partition, noteOf(partition.role, plan)),
      ),
      mode,
    ),
  ];
}

/** The table of a disk for storage repositories. */
export function describeStorageDisk(disk: PlannedDisk, name: string, plan: InstallPlan): string[] {
  const right = disk.kept.length > 0 ? 'as it is' : 'empty, for storage';
  return [
    ...describeTitle(`Storage disk ${disk.name}, "${name}"`, disk),
    ...describeHalves(disk, [right], plan.mode),
  ];
}

function describeTitle(title: string, disk: PlannedDisk): string[] {
  const maker = [disk.vendor, disk.model].filter((part) => part !== undefined).join(' ');
  const facts = [
    formatBytes(disk.size),
    ...(maker === '' ? [] : [maker]),
    ...(disk.serial === undefined ? [] : [`serial ${disk.serial}`]),
    ...(disk.serial === undefined && disk.wwn !== undefined ? [disk.wwn] : []),
    ...(disk.place === undefined ? [] : [`at ${disk.place.replace('/dev/disk/by-path/', '')}`]),
    ...(disk.logicalSector === 512 ? [] : [`sectors of ${disk.logicalSector} bytes`]),
  ];
  return [
    ...wrap(plain(title), WIDTH),
    ...wrap(plain(facts.join(', ')), WIDTH - 2).map((line) => `  ${line}`),
  ];
}

function describeHalves(disk: PlannedDisk, right: readonly string[], mode: InstallPlan['mode']) {
  const now = [
    ...disk.erased.map((content) => ({ content, mark: MARK.erased })),
    ...disk.kept.map((content) => ({ content, mark: MARK.kept })),
  ].sort((a, b) => a.content.partition - b.content.partition);
  const left =
    now.length === 0
      ? [`${MARK.none}empty`]
      : now.flatMap(({ content, mark }) => describeContent(content, mark));
  const heading =
    disk.erased.length === 0
      ? 'NOW'
      : mode === 'install'
        ? 'NOW (X: WILL BE ERASED)'
        : 'NOW (X: WILL BE ERASED, =: stays)';
  const line = '-'.repeat(LEFT);
  const rows = Math.max(left.length, right.length);
  return [
    `  ${heading.padEnd(LEFT)}${GAP}AFTERWARDS`,
    `  ${line}${GAP}${'-'.repeat(WIDTH - 4 - LEFT)}`,
    ...Array.from({ length: rows }, (_, index) =>
      `${(left[index] ?? '').padEnd(LEFT + 2)}${GAP}${right[index] ?? ''}`.trimEnd(),
    ),
  ];
}

/** Lines for one thing that is on a disk: nothing of it is cut, because it may be what must not be lost. */
function describeContent(content: Content, mark: string): string[] {
  const { partition, type, label, partitionName, group, size } = content;
  const names = [
    type,
    ...(label === undefined || label === group ? [] : [`"${label}"`]),
    ...(group === undefined ? [] : [`of ${group}`]),
    ...(partitionName === undefined || partitionName === label ? [] : [`(${partitionName})`]),
  ].join(' ');
  const room = LEFT - NUMBER - SIZE - GAP.length;
  const number = partition === 0 ? 'all' : String(partition);
  return wrap(plain(names), room).map((line, index) =>
    index === 0
      ? `${mark}${number.padEnd(NUMBER)}${line.padEnd(room)}${GAP}${(size === undefined ? '' : formatBytes(size)).padStart(SIZE)}`
      : `${mark}${' '.repeat(NUMBER)}${line}`,
  );
}

function describePartition({ number, name, size }: Partition, note: string): string {
  return `${String(number)} ${name.padEnd(NAME)}${formatBytes(size).padStart(SIZE + 1)}${GAP}${cut(note, 10)}`;
}

function noteOf(role: Role, { mode, system }: InstallPlan): string {
  if (system.keep.includes(role)) return 'STAYS';
  if (mode === 'reinstall') return role === 'root-b' ? 'emptied' : 'new';
  if (role === 'root-b' || role === 'storage') return 'empty';
  return 'new';
}
