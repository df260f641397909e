// Which disks no selector takes, and which only one that names them. Right or wrong here is a disk lost or kept.
import type { Content, Disk } from '../inventory.ts';
import type { DiskMatch } from '../schema/disks.ts';
import { asList, isPattern, listed, normalize } from './text.ts';

const MEMBERS: Readonly<Partial<Record<Content['kind'], string>>> = {
  raid: 'a RAID array',
  lvm: 'an LVM volume group',
  zfs: 'a ZFS pool',
  bcache: 'a bcache set',
  multipath: 'a multipath map',
};

/**
 * Why a disk is out, or undefined. The medium that the system runs from, what is mounted, read-only disks and drives
 * without a medium are out whatever a selector says; so is another path to a disk that is in use. Removable disks,
 * members of arrays, volume groups, pools and maps of others, and disks that something stands on are out unless the
 * selector names them by their whole serial number or WWN. Arrays and volumes of an installed Kronos host are our own.
 */
export function exclusionOf(
  disk: Disk,
  match: DiskMatch,
  disks: readonly Disk[],
): string | undefined {
  const never = whyNever(disk) ?? whyNeverByTwin(disk, disks);
  if (never !== undefined) return never;
  if (isNamed(disk, match)) return undefined;
  const reasons = whyOnlyNamed(disk, disks);
  return reasons.length === 0
    ? undefined
    : `${reasons.join('; ')} (and not named by its whole serial or wwn)`;
}

/** True where the reason that a disk is out goes away once a selector names it by serial number or WWN. */
export function canBeNamed(disk: Disk, disks: readonly Disk[]): boolean {
  return whyNever(disk) === undefined && whyNeverByTwin(disk, disks) === undefined;
}

/**
 * Other entries that are this disk seen over another path, or a clone that cannot be told from it: equal WWN, or, where
 * one of the two has none, equal serial number, model and size.
 */
export function twinsOf(disk: Disk, disks: readonly Disk[]): Disk[] {
  return disks.filter((other) => other !== disk && areTwins(disk, other));
}

/**
 * Whether a selector names this very entry: `path` is its device name or its place on the bus. Links by identity are
 * shared by twins; the last one that was found has them.
 */
export function isNamedByPath(disk: Disk, match: DiskMatch): boolean {
  const places = disk.links.filter((link) => link.startsWith('/dev/disk/by-path/'));
  return [`/dev/${disk.name}`, ...places].some((path) => isExactly(match.path, path));
}

/**
 * True where a selector that lists whole serial numbers or WWNs, each meant for one disk, has one of them from both
 * disks: then another that it lists is missing.
 */
export function shareName(a: Disk, b: Disk, match: DiskMatch): boolean {
  return (['serial', 'wwn'] as const).some(
    (key) =>
      asList(match[key]).length > 1 &&
      isExactly(match[key], a[key]) &&
      normalize(a[key] ?? '') === normalize(b[key] ?? ''),
  );
}

function isNamed(disk: Disk, match: DiskMatch): boolean {
  return (
    (isKnown(disk.serial) && isExactly(match.serial, disk.serial)) ||
    (isKnown(disk.wwn) && isExactly(match.wwn, disk.wwn))
  );
}

function isExactly(
  wanted: string | readonly string[] | undefined,
  found: string | undefined,
): boolean {
  return asList(wanted).some(
    (text) => !isPattern(text) && normalize(text) === normalize(found ?? ''),
  );
}

function whyNever(disk: Disk): string | undefined {
  if (disk.bootMedium) return 'this system was started from it';
  if (disk.size === 0) return 'there is no medium in the drive';
  if (disk.readOnly) return 'it is read-only';
  if (disk.mounts.length > 0) return `it is in use: ${listed(disk.mounts)}`;
  return undefined;
}

function whyNeverByTwin(disk: Disk, disks: readonly Disk[]): string | undefined {
  const twin = twinsOf(disk, disks).find((other) => other.bootMedium || other.mounts.length > 0);
  if (twin === undefined) return undefined;
  return `it cannot be told from ${twin.name}, and of that one: ${whyNever(twin) ?? ''}`;
}

function whyOnlyNamed(disk: Disk, disks: readonly Disk[]): string[] {
  const reasons: string[] = [];
  if (disk.multipath !== undefined)
    reasons.push(`it is a path of the multipath map ${disk.multipath}`);
  if (disk.installed === undefined) {
    for (const [kind, what] of Object.entries(MEMBERS)) {
      const members = disk.contents.filter((content) => content.kind === kind);
      if (members.length === 0 || (kind === 'multipath' && disk.multipath !== undefined)) continue;
      reasons.push(`it is part of ${what}: ${listed([...new Set(members.map(groupOf))])}`);
    }
    if (disk.holders.length > 0 && reasons.length === 0)
      reasons.push(`${listed(disk.holders)} stands on it`);
  }
  const held = twinsOf(disk, disks).find((twin) => isHeld(twin));
  if (held !== undefined && !isHeld(disk))
    reasons.push(
      `it cannot be told from ${held.name}, which is held by ${listed(holdersOf(held))}`,
    );
  if (disk.removable) reasons.push('it is removable');
  return reasons;
}

function isHeld(disk: Disk): boolean {
  return disk.multipath !== undefined || (disk.holders.length > 0 && disk.installed === undefined);
}

function holdersOf(disk: Disk): readonly string[] {
  return disk.multipath === undefined ? disk.holders : [disk.multipath];
}

function groupOf(content: Content): string {
  return content.group ?? content.label ?? content.type;
}

function areTwins(a: Disk, b: Disk): boolean {
  if (a.size === 0 || b.size === 0) return false;
  if (isKnown(a.wwn) && isKnown(b.wwn)) return normalize(a.wwn) === normalize(b.wwn);
  return (
    isKnown(a.serial) &&
    isKnown(b.serial) &&
    normalize(a.serial) === normalize(b.serial) &&
    normalize(a.model ?? '') === normalize(b.model ?? '') &&
    a.size === b.size
  );
}

/** Blanks and zeros are what some firmware says instead of nothing. */
function isKnown(text: string | undefined): text is string {
  return text !== undefined && /[^0\s]/.test(text.replace(/^\s*(?:0x|eui\.|naa\.|uuid\.)/i, ''));
}
