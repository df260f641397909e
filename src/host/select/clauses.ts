// Clauses of a selector held against one disk or one network card. What the hardware does not say never fits a clause:
// a selector that asks for a serial number must not take the disk that has none.
import { formatBytes } from '../../common/format.ts';
import { parseSize } from '../../common/parse-size.ts';
import type { Disk, Interface } from '../inventory.ts';
import type { DiskMatch, InterfaceMatch } from '../schema/disks.ts';
import { asList, matchesGlob } from './text.ts';

/** One clause held against one device. */
export interface Clause {
  /** The key in the host file. */
  clause: string;
  wanted: string;
  found: string;
  ok: boolean;
}

const UNKNOWN = '(not known)';

/** A bare size means the size that is printed on the disk: this part of it may be missing or more. */
const TOLERANCE = 0.01;

/** What is on a disk, in the words of the clause `content`. */
export function contentOf(disk: Disk): 'empty' | 'kronos' | 'foreign' {
  // What an installation left that never ended can be installed on as before.
  if (disk.installed?.unfinished === true) return 'empty';
  if (disk.installed !== undefined) return 'kronos';
  const inUse = disk.mounts.length > 0 || disk.holders.length > 0 || disk.multipath !== undefined;
  return disk.contents.length === 0 && !inUse ? 'empty' : 'foreign';
}

/** Paths below /dev by which a disk can be named. */
export function pathsOf(disk: Disk): string[] {
  return [`/dev/${disk.name}`, ...disk.links];
}

/** Whether `bytes` fit a clause such as `>= 200 GB`, `480 GB` (within 1 %) or `200 GB .. 1 TB` (bounds included). */
export function sizeFits(clause: string, bytes: number): boolean {
  const [from = '', to] = clause.split('..');
  if (to !== undefined) return bytes >= parseSize(from, 'size') && bytes <= parseSize(to, 'size');
  const [, operator = '', term = ''] = /^\s*(>=|<=|>|<|=)?(.*)$/.exec(clause) ?? [];
  const size = parseSize(term, 'size');
  switch (operator) {
    case '>=':
      return bytes >= size;
    case '<=':
      return bytes <= size;
    case '>':
      return bytes > size;
    case '<':
      return bytes < size;
    case '=':
      return bytes === size;
    default:
      return Math.abs(bytes - size) <= size * TOLERANCE;
  }
}

/** Every clause of a disk selector held against one disk, in the order of the schema. */
export function checkDisk(match: DiskMatch, disk: Disk): Clause[] {
  return [
    check('size', match.size, formatBytes(disk.size), (wanted) => sizeFits(wanted, disk.size)),
    glob('model', match.model, disk.model),
    glob('vendor', match.vendor, disk.vendor),
    glob('serial', match.serial, disk.serial),
    glob('wwn', match.wwn, disk.wwn),
    oneOf('transport', match.transport, disk.transport),
    same('rotational', match.rotational, disk.rotational),
    same('removable', match.removable, disk.removable),
    checkPath(match.path, disk),
    oneOf('content', match.content, contentOf(disk)),
  ].filter((clause) => clause !== undefined);
}

/** Every clause of a NIC selector held against one network card. */
export function checkInterface(match: InterfaceMatch, card: Interface): Clause[] {
  const { speed } = card;
  return [
    glob('mac', match.mac, card.mac),
    glob('path', match.path, card.path),
    glob('driver', match.driver, card.driver),
    same('link', match.link, card.link),
    check(
      'speed',
      match.speed,
      speed === undefined ? UNKNOWN : `${speed} Mbit/s`,
      (wanted) => speed !== undefined && speed >= wanted,
      (wanted) => `>= ${wanted} Mbit/s`,
    ),
    glob('name', match.name, card.name),
  ].filter((clause) => clause !== undefined);
}

function check<T>(
  clause: string,
  wanted: T | undefined,
  found: string,
  fits: (wanted: T) => boolean,
  say: (wanted: T) => string = String,
): Clause | undefined {
  if (wanted === undefined) return undefined;
  return { clause, wanted: say(wanted), found, ok: fits(wanted) };
}

/** Blanks are what some firmware says instead of nothing. */
function glob(
  clause: string,
  wanted: string | readonly string[] | undefined,
  found: string | undefined,
): Clause | undefined {
  const known = found !== undefined && found.trim() !== '';
  return check(
    clause,
    wanted,
    known ? found.trim() : UNKNOWN,
    () => known && asList(wanted).some((pattern) => matchesGlob(pattern, found)),
    sayList,
  );
}

function sayList(wanted: string | readonly string[]): string {
  return asList(wanted).join(' or ');
}

function same(
  clause: string,
  wanted: boolean | undefined,
  found: boolean | undefined,
): Clause | undefined {
  return check(clause, wanted, String(found ?? UNKNOWN), (value) => value === found);
}

function oneOf(
  clause: string,
  wanted: string | readonly string[] | undefined,
  found: string,
): Clause | undefined {
  return check(clause, wanted, found, () => asList(wanted).includes(found), sayList);
}

function checkPath(wanted: DiskMatch['path'], disk: Disk): Clause | undefined {
  const fitting = pathsOf(disk).find((path) =>
    asList(wanted).some((pattern) => matchesGlob(pattern, path)),
  );
  return check(
    'path',
    wanted,
    fitting ?? `/dev/${disk.name}`,
    () => fitting !== undefined,
    sayList,
  );
}
