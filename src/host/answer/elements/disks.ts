// Disks and the local storage repository.
import type { ElementDefinition } from '../definition.ts';
import { elementsNamed } from '../definition.ts';
import { diskPath, readDiskName } from '../disk-name.ts';
import { quote } from '../report.ts';
import { mandatory, textOf } from '../values.ts';
import { readPrimaryDisk, warnOfErasing } from './system-disk.ts';

const raid: ElementDefinition = {
  name: 'raid',
  parents: ['installation'],
  content: 'elements',
  many: true,
  values: '<disk> elements',
  default: '',
  meaning: 'A RAID1 that is made before the installation; <primary-disk> then names its device.',
  becomes: '`disks.system` with `raid: 1`, `count: 2` and both paths',
  only: 'xcp-ng',
  attributes: [
    {
      name: 'device',
      values: 'a name such as md127',
      default: 'mandatory',
      meaning: 'The device that <primary-disk> names.',
      becomes: 'nothing: the installer names it',
    },
  ],
  read: (element, work) => {
    const device = mandatory(element, 'device', work);
    const { report } = work;
    report.cover(device);
    if (device === undefined) return;
    const used = elementsNamed(work, 'primary-disk').some(
      ({ text }) => diskPath(text) === diskPath(device.value),
    );
    if (used) report.kept(element, 'the system is mirrored over these disks');
    else
      report.lost(
        element,
        `it makes a RAID of ${element.children
          .slice(0, 8)
          .map(({ text }) => quote(text))
          .join(' and ')}, on which the system is not; Kronos mirrors only the system disk`,
        'take the disks one by one as storage disks, or put the system on them',
      );
  },
};

const raidDisk: ElementDefinition = {
  name: 'disk',
  parents: ['raid'],
  content: 'text',
  many: true,
  values: 'a disk',
  default: 'two of them',
  meaning: 'A disk of the RAID.',
  becomes: 'a path of `disks.system.match`',
  attributes: [],
  // What they are is said where <primary-disk> takes them.
  read: (element, work) => {
    work.report.cover(element);
  },
};

const primaryDisk: ElementDefinition = {
  name: 'primary-disk',
  parents: ['installation'],
  content: 'text',
  values: 'a disk: sda, /dev/sda, /dev/disk/by-*/..., iscsi:... (RFC 4173); two with swraid',
  default: 'mandatory',
  meaning: 'The disk that the host is installed on; it is erased without a question.',
  becomes: '`disks.system.match.path`; a disk that is not empty stops the installation',
  attributes: [
    {
      name: 'guest-storage',
      aliases: ['gueststorage'],
      values: 'true or false',
      default: 'true',
      meaning: 'The rest of the disk goes to the local storage repository.',
      becomes: '"system" in `storage[].disks`, or `partitions.storage: 0`',
    },
    {
      name: 'sr-at-end',
      values: 'true or false',
      default: 'true',
      meaning: 'The storage repository is the last partition.',
      becomes: 'nothing: it always is',
    },
    {
      name: 'preserve-first-partition',
      values: 'true, yes, false, no or if-utility',
      default: 'if-utility',
      meaning: 'Keeps the first partition; if-utility: where it is a utility partition of Dell.',
      becomes: 'nothing: the whole disk is written anew',
    },
    {
      name: 'swraid',
      values: 'true or false',
      default: 'false',
      meaning:
        'RAID1 over two disks, separated by a comma; one of them may be `missing`. XCP-ng reads it after 8.3 only.',
      becomes: '`raid: 1`, `count: 2` and both paths; with `missing` no RAID',
    },
    {
      name: 'fs-type',
      values: 'ext3 or ext4',
      default: 'ext4',
      meaning: 'File system of the host.',
      becomes: 'nothing: Kronos chooses it',
      only: 'xenserver',
    },
  ],
  read: readPrimaryDisk,
};

const guestDisks: ElementDefinition = {
  name: 'guest-disks',
  parents: ['installation'],
  content: 'elements',
  values: '<guest-disk> elements',
  default: '',
  meaning: 'More disks of the local storage repository.',
  becomes: '`disks.storage` and `storage[].disks`',
  attributes: [],
  read: (element, work) => {
    work.report.kept(element, 'more disks of the storage repository');
  },
};

const guestDisk: ElementDefinition = {
  name: 'guest-disk',
  parents: ['guest-disks', 'installation'],
  content: 'text',
  many: true,
  values: 'a disk',
  default: '',
  meaning: 'One of these disks; it is erased without a question.',
  becomes: '`disks.storage[].match.path`; a disk that is not empty stops the installation',
  attributes: [],
  read: (element, work) => {
    const { draft, report } = work;
    const text = textOf(element, work);
    const path = text === undefined ? undefined : readDiskName(text, element, work);
    if (path === undefined) return;
    const { system } = draft;
    if (system?.paths.includes(path) === true) {
      system.guestStorage = true;
      report.kept(element, 'the rest of the system disk goes to the storage repository');
    } else if (draft.guestDisks.includes(path)) {
      report.kept(element, 'this disk is named already');
    } else {
      draft.guestDisks.push(path);
      warnOfErasing(element, work);
    }
  },
};

const initialPartitions: ElementDefinition = {
  name: 'initial-partitions',
  parents: ['installation'],
  content: 'elements',
  values: '<partition> elements',
  default: '',
  meaning:
    'Partitions made before the installation. Documented, but no installer reads it any more.',
  becomes: 'nothing: it had no effect',
  attributes: [],
  read: (element, { report }) => {
    report.lost(
      element,
      'it made partitions before the installation; no installer of today reads it',
      'nothing is needed; partitions of a host file are under disks.system.partitions',
    );
  },
};

const partition: ElementDefinition = {
  name: 'partition',
  parents: ['initial-partitions'],
  content: 'nothing',
  many: true,
  values: '',
  default: '',
  meaning: 'One of these partitions.',
  becomes: 'nothing',
  attributes: ['number', 'size', 'id'].map((name) => ({
    name,
    values: 'a text',
    default: '',
    meaning: `Its ${name}.`,
    becomes: 'nothing',
  })),
  read: (element, { report }) => {
    report.cover(...element.attributes.values());
    report.lost(element, 'no installer of today reads it', 'nothing is needed');
  },
};

/** In the order in which they are read. */
export const DISK_ELEMENTS: readonly ElementDefinition[] = [
  raid,
  raidDisk,
  primaryDisk,
  guestDisks,
  guestDisk,
  initialPartitions,
  partition,
];
