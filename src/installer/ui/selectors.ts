// From a disk or card that a person points at to a selector of the host file that means it and nothing else.
import { KronosError } from '../../common/error.ts';
import type { Disk, Interface, Inventory } from '../../host/inventory.ts';
import type { DiskMatch, InterfaceMatch } from '../../host/schema/disks.ts';
import { judgeDisks } from '../../host/select/disks.ts';
import { exclusionOf } from '../../host/select/exclude.ts';
import { judgeInterfaces } from '../../host/select/interfaces.ts';
import { isPattern } from '../../host/select/text.ts';

/** The disks of these names, in the order of the inventory. */
export function findDisks(names: readonly string[], inventory: Pick<Inventory, 'disks'>): Disk[] {
  return inventory.disks.filter(({ name }) => names.includes(name));
}

/**
 * A selector that picks exactly these disks on this machine: by serial number or WWN, with or by their place on the bus
 * where these are missing or not their own. Held against all disks of the machine before it is taken.
 * Errors: `host/disk-count` where none were given, those of judgeDisks where none can be made.
 */
export function matchDisks(
  names: readonly string[],
  inventory: Pick<Inventory, 'disks'>,
): DiskMatch {
  const disks = findDisks(names, inventory);
  if (disks.length === 0) {
    throw new KronosError('host/disk-count', 'no disk was chosen', {
      hint: 'choose one with the space bar',
    });
  }
  let problem: KronosError | undefined;
  for (const match of candidatesFor(disks)) {
    const judged = judgeDisks({ match, count: disks.length }, inventory, 'this choice');
    const picked = judged.disks.map(({ name }) => name);
    if (judged.problem === undefined && disks.every(({ name }) => picked.includes(name)))
      return match;
    problem ??= judged.problem;
  }
  throw problem ?? new KronosError('host/disk-count', 'these disks cannot be told from others');
}

function candidatesFor(disks: readonly Disk[]): DiskMatch[] {
  const serial = ofAll(disks, (disk) => disk.serial);
  const wwn = ofAll(disks, (disk) => disk.wwn);
  const place = ofAll(disks, placeOf);
  const device = ofAll(disks, ({ name }) => `/dev/${name}`);
  return [
    ...(serial === undefined ? [] : [{ serial }]),
    ...(wwn === undefined ? [] : [{ wwn }]),
    ...[place, device].flatMap((path) =>
      path === undefined
        ? []
        : [
            ...(serial === undefined ? [] : [{ serial, path }]),
            ...(wwn === undefined ? [] : [{ wwn, path }]),
            { path },
          ],
    ),
  ];
}

/** One text, or a list of as many as there are disks; undefined where a disk has none that is good for a name. */
function ofAll(
  disks: readonly Disk[],
  read: (disk: Disk) => string | undefined,
): string | string[] | undefined {
  const texts = disks.flatMap((disk) => {
    const text = read(disk)?.trim() ?? '';
    // A schema's one line of text, and nothing that would stand for other texts too.
    return text === '' || isPattern(text) || /\p{Cc}/u.test(text) ? [] : [text];
  });
  if (texts.length !== disks.length) return undefined;
  const unique = [...new Set(texts)];
  return unique.length === 1 ? unique[0] : unique;
}

function placeOf(disk: Disk): string | undefined {
  return disk.links.find((link) => link.startsWith('/dev/disk/by-path/'));
}

/** Whether a person may point at a disk, and what there is to say of it besides what is on it. */
export interface Choosable {
  /** Why not; undefined where the disk can be chosen. */
  out?: string | undefined;
  note?: string | undefined;
}

/** Bytes a disk must have at least: `least`. Paths of a multipath map are out: the map is the disk. */
export function judgeChoice(disk: Disk, inventory: Pick<Inventory, 'disks'>, least = 0): Choosable {
  const reason = exclusionOf(disk, {}, inventory.disks)?.replace(/ \(and not named by .*\)$/s, '');
  if (disk.multipath !== undefined) return { out: reason };
  try {
    matchDisks([disk.name], inventory);
  } catch (error) {
    if (!(error instanceof KronosError)) throw error;
    return { out: reason ?? error.message.split('\n')[0] };
  }
  if (disk.size < least) return { out: 'it is too small for the system' };
  return { note: reason };
}

/**
 * A selector that picks exactly this card.
 * Errors: `host/no-network-card` where there is none of that name; those of judgeInterfaces.
 */
export function matchCard(name: string, inventory: Pick<Inventory, 'interfaces'>): InterfaceMatch {
  const card = inventory.interfaces.find((one) => one.name === name);
  if (card === undefined) {
    throw new KronosError('host/no-network-card', 'no network card was chosen', {
      hint: 'look whether the card is switched off in the firmware, or needs a driver that the image lacks',
    });
  }
  let problem: KronosError | undefined;
  for (const match of cardCandidates(card)) {
    const judged = judgeInterfaces({ match, count: 1 }, inventory, 'this choice');
    if (judged.problem === undefined && judged.interfaces[0] === card) return match;
    problem ??= judged.problem;
  }
  throw problem ?? new KronosError('host/no-network-card', `${name} cannot be told from others`);
}

function cardCandidates({ mac, path, name }: Interface): InterfaceMatch[] {
  return [{ mac }, ...(path === undefined ? [] : [{ path }]), { name }, { mac, name }];
}
