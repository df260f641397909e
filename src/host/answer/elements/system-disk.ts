// Puts <primary-disk> and the <raid> that it names into the draft.
import type { AnswerElement, ImportWork } from '../definition.ts';
import { elementsNamed } from '../definition.ts';
import { diskPath, readDiskName } from '../disk-name.ts';
import { attributeOf, choice, textOf, truth } from '../values.ts';

/** The disk or the two mirrored disks, and what else <primary-disk> says. */
export function readPrimaryDisk(element: AnswerElement, work: ImportWork): void {
  const { report, draft } = work;
  const swraid = attributeOf(element, 'swraid');
  const mirrored = truth(swraid, false, work);
  const guest = attributeOf(element, 'guest-storage');
  const guestStorage = truth(guest, true, work);
  if (guest !== undefined)
    report.kept(
      guest,
      guestStorage
        ? 'the rest of the disk goes to the storage repository'
        : 'the rest of the disk stays empty',
    );
  report.cover(swraid);
  if (swraid !== undefined && !mirrored) report.kept(swraid, 'the system is not mirrored');
  readPlacement(element, work);
  const text = textOf(element, work);
  if (text === undefined) return;
  const paths = mirrored
    ? readMirror(element, text, work)
    : (readRaid(element, text, work) ?? onlyOne(readDiskName(text, element, work)));
  if (paths === undefined) return;
  draft.system = { paths, guestStorage };
  warnOfErasing(element, work);
}

function onlyOne(path: string | undefined): string[] | undefined {
  return path === undefined ? undefined : [path];
}

/** Says that a disk is not erased unasked any more. */
export function warnOfErasing(element: AnswerElement, work: ImportWork): void {
  work.report.remark(
    'changed',
    element,
    'the installers erase the disk whatever is on it; with this host file the installation stops where it is not empty',
    'write existing: erase once kronos host match shows that it picks the right disk',
  );
}

/** The two disks of `devA,devB`; one of them may be `missing`. */
function readMirror(element: AnswerElement, text: string, work: ImportWork): string[] | undefined {
  const { report } = work;
  const names = text.split(',').map((name) => name.trim());
  const there = names.filter((name) => name !== 'missing');
  if (names.length !== 2 || there.length === 0) {
    report.mistake('input/wrong-value', `${element.subject}: swraid takes two disks`, {
      at: element,
      hint: 'write DISK,DISK',
    });
    return undefined;
  }
  const swraid = attributeOf(element, 'swraid') ?? element;
  if (there.length === 2) {
    report.kept(swraid, 'the system is mirrored');
  } else {
    report.lost(
      swraid,
      'a mirror with one disk missing; here the host is installed on the one disk without a mirror',
      'add the second disk first: path: [ONE, OTHER], count: 2 and raid: 1',
    );
  }
  return distinct(element, there, work);
}

/** The disks of the <raid> whose device is named, or undefined where none is. */
function readRaid(element: AnswerElement, text: string, work: ImportWork): string[] | undefined {
  const raidOf = elementsNamed(work, 'raid').find((one) => {
    const device = attributeOf(one, 'device');
    return device !== undefined && diskPath(device.value) === diskPath(text);
  });
  if (raidOf === undefined) return undefined;
  work.report.kept(element, 'it is the RAID that <raid> describes');
  if (raidOf.children.length !== 2) {
    work.report.mistake(
      'input/wrong-value',
      `${raidOf.subject}: expected two disks, found ${String(raidOf.children.length)}`,
      { at: raidOf, hint: 'Kronos mirrors the system over exactly two disks' },
    );
    return [];
  }
  const paths = raidOf.children.map((disk) => readDiskName(disk.text, disk, work));
  return checkDistinct(element, paths, work);
}

function distinct(
  element: AnswerElement,
  names: readonly string[],
  work: ImportWork,
): string[] | undefined {
  return checkDistinct(
    element,
    names.map((name) => readDiskName(name, element, work)),
    work,
  );
}

function checkDistinct(
  element: AnswerElement,
  paths: readonly (string | undefined)[],
  work: ImportWork,
): string[] | undefined {
  const known = paths.filter((path) => path !== undefined);
  if (known.length < paths.length) return undefined;
  if (new Set(known).size === known.length) return known;
  work.report.mistake('input/wrong-value', `${element.subject}: the same disk twice`, {
    at: element,
    hint: 'a mirror needs two different disks',
  });
  return undefined;
}

function readPlacement(element: AnswerElement, work: ImportWork): void {
  const { report } = work;
  const atEnd = attributeOf(element, 'sr-at-end');
  if (atEnd !== undefined) {
    if (truth(atEnd, true, work)) report.kept(atEnd, 'the storage partition is the last one');
    else
      report.lost(
        atEnd,
        'the storage partition was not to be the last one; here it is',
        'nothing is needed',
      );
  }
  const first = attributeOf(element, 'preserve-first-partition');
  if (first !== undefined) {
    const answer = choice(
      first,
      first.value,
      ['true', 'yes', 'false', 'no', 'if-utility'] as const,
      work,
    );
    if (answer === 'false' || answer === 'no') report.kept(first, 'no partition stays');
    else if (answer !== undefined)
      report.lost(
        first,
        `the first partition stays${answer === 'if-utility' ? ' where it is a utility partition of Dell' : ''}; here the whole disk is written anew`,
        'save the partition first if it is needed; the installation stops where the disk is not empty',
      );
  }
  const type = attributeOf(element, 'fs-type');
  if (type !== undefined && choice(type, type.value, ['ext3', 'ext4'], work) !== undefined)
    report.lost(
      type,
      `the file system of the host was ${type.value}; Kronos chooses it`,
      'nothing is needed',
    );
}
