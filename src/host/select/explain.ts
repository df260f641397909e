// Why a selector took what it took: every device with every clause, in 80 columns of ASCII, and what would help.
import { formatBytes } from '../../common/format.ts';
import type { Clause } from './clauses.ts';
import type { DiskSelector, DiskVerdict } from './disks.ts';
import { canBeNamed } from './exclude.ts';
import { cut, isPattern, listed, plain, wrap } from './text.ts';

const WIDTH = 80;
/** Where the cells of a clause begin. */
const INDENT = 9;
const WANTED_WIDTH = 33;

/** All disks, all clauses, pass or fail, and why a disk is out; begins with a line end, so that it can follow a message. */
export function formatDiskVerdicts(verdicts: readonly DiskVerdict[]): string {
  const name = widthOf(verdicts.map(({ disk }) => disk.name));
  return verdicts
    .flatMap((verdict) => {
      const { disk, excluded, twins } = verdict;
      const text = `${plain(disk.name).padEnd(name)}  ${formatBytes(disk.size).padStart(8)}  ${plain(disk.model ?? '-')}  ${plain(disk.serial ?? '-')}`;
      const notes = [
        ...(excluded === undefined ? [] : [`out: ${excluded}`]),
        ...(twins.length === 0 ? [] : [`cannot be told from ${listed(twins)}`]),
      ];
      const mark = verdict.chosen ? 'TAKEN' : excluded !== undefined ? 'out' : matchMark(verdict);
      return formatDevice(mark, text, verdict.clauses, notes);
    })
    .map((line) => `\n${line}`)
    .join('');
}

/** The lines for one device: mark and name, then a line for each clause, then what else there is to say. */
export function formatDevice(
  mark: string,
  text: string,
  clauses: readonly Clause[],
  notes: readonly string[] = [],
): string[] {
  return [
    cut(`  ${mark.padEnd(INDENT - 4)}  ${text}`, WIDTH),
    ...clauses.flatMap(formatClause),
    ...notes.flatMap((note) =>
      wrap(plain(note), WIDTH - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`),
    ),
  ];
}

/** How a device is marked that is not chosen and not out. */
export function matchMark({ matches }: { matches: boolean }): string {
  return matches ? 'fits' : 'no';
}

export function widthOf(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => name.length));
}

function formatClause({ clause, wanted, found, ok }: Clause): string[] {
  const left = `${' '.repeat(INDENT)}${ok ? 'pass' : 'FAIL'}  ${clause.padEnd(11)}`;
  const want = plain(wanted);
  const have = plain(found);
  if (want.length <= WANTED_WIDTH && left.length + WANTED_WIDTH + 2 + have.length <= WIDTH)
    return [`${left}${want.padEnd(WANTED_WIDTH)}  ${have}`.trimEnd()];
  const room = WIDTH - left.length;
  const below = ' '.repeat(left.length);
  return [
    ...wrap(want, room).map((line, index) => `${index === 0 ? left : below}${line}`),
    ...wrap(`found: ${have}`, room).map((line) => `${below}${line}`),
  ];
}

/** What to do where more, fewer or none match. */
export function countDisksHint(
  selector: DiskSelector,
  verdicts: readonly DiskVerdict[],
  picked: readonly DiskVerdict[],
): string {
  if (verdicts.length === 0)
    return 'look at controller and cables; a RAID controller may have to offer a volume first';
  if (picked.length > selector.count) return tooManyHint(selector, verdicts, picked);
  const disks = verdicts.map(({ disk }) => disk);
  const out = verdicts.filter(({ matches, excluded }) => matches && excluded !== undefined);
  const first = out.find(({ disk, twins }) => twins.length === 0 && canBeNamed(disk, disks));
  const identity = first === undefined ? undefined : serialOrWwn(first, verdicts);
  if (first !== undefined && identity !== undefined && selector.count === 1)
    return `to take ${first.disk.name} nevertheless, add ${identity}`;
  if (out.length > 0) {
    const names = listed(out.map(({ disk }) => disk.name));
    return `${names} ${out.length === 1 ? 'matches but is' : 'match but are'} out; see the reasons above`;
  }
  return (
    relaxation(selector, verdicts) ??
    'more than one clause fails for each disk; start with one clause and add others'
  );
}

function tooManyHint(
  selector: DiskSelector,
  verdicts: readonly DiskVerdict[],
  picked: readonly DiskVerdict[],
): string {
  if (selector.count > 1)
    return `add clauses until ${selector.count} are left, such as a list of serials, or say count: ${picked.length}`;
  const some = picked.slice(0, 3).map((verdict) => identityOf(verdict, verdicts));
  const sizes = new Set(picked.map(({ disk }) => disk.size));
  const pick = sizes.size > 1 && selector.pick === undefined ? ', or pick: smallest' : '';
  return `say which one: ${some.join(' or ')}${pick}`;
}

/** The single clause without which as many as are wanted would match. */
function relaxation(selector: DiskSelector, verdicts: readonly DiskVerdict[]): string | undefined {
  const open = verdicts.filter(({ excluded }) => excluded === undefined);
  const enough = Object.keys(selector.match)
    .map((key) => ({
      key,
      names: open
        .filter(({ clauses }) => clauses.every(({ clause, ok }) => ok || clause === key))
        .map(({ disk }) => disk.name),
    }))
    .filter(({ names }) => names.length >= selector.count)
    .sort((a, b) => a.names.length - b.names.length)[0];
  if (enough === undefined) return undefined;
  return `without the clause "${enough.key}", ${listed(enough.names)} would match`;
}

/** The clause that names a disk and no other; its place where nothing else does. */
function identityOf(verdict: DiskVerdict, verdicts: readonly DiskVerdict[]): string {
  const { name, links } = verdict.disk;
  const place = links.find((link) => link.startsWith('/dev/disk/by-path/')) ?? `/dev/${name}`;
  return serialOrWwn(verdict, verdicts) ?? `path: ${place}`;
}

function serialOrWwn({ disk }: DiskVerdict, verdicts: readonly DiskVerdict[]): string | undefined {
  for (const key of ['serial', 'wwn'] as const) {
    const value = disk[key]?.trim();
    if (value === undefined || value === '' || isPattern(value) || plain(value) !== value) continue;
    if (verdicts.filter((other) => other.disk[key]?.trim() === value).length > 1) continue;
    return `${key}: ${/^[A-Za-z][A-Za-z0-9_-]*$/.test(value) ? value : JSON.stringify(value)}`;
  }
  return undefined;
}
