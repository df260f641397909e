// Disks and storage repositories: names that must fit together, room that must be there.
import { nearest } from '../common/nearest.ts';
import type { Path } from '../common/yaml.ts';
import { checkTwice } from './findings.ts';
import type { Findings } from './findings.ts';
import type { HostFile } from './schema/host-file.ts';

/** What a storage repository calls the rest of the system disk. */
const SYSTEM = 'system';

/** Bytes below which a size was surely meant in another unit. */
const SMALLEST = 1024 * 1024;

/** Checks disks, partitions and storage repositories. */
export function checkStorage(hostFile: HostFile, findings: Findings): void {
  checkNames(hostFile, findings);
  checkUse(hostFile, findings);
  checkDefaults(hostFile, findings);
  const { partitions } = hostFile.disks.system;
  for (const key of ['efi', 'root', 'state', 'swap', 'storage'] as const) {
    const size = partitions[key];
    if (typeof size === 'number') checkUnit(size, ['disks', 'system', 'partitions', key], findings);
  }
}

/** A number without a unit is in bytes, which nobody means. */
export function checkUnit(size: number, path: Path, findings: Findings): void {
  if (size === 0 || size >= SMALLEST) return;
  findings.error('input/size-without-unit', `${String(path.at(-1))} would be ${size} bytes`, {
    path,
    hint: 'write a unit, such as 8 GiB',
  });
}

function checkNames({ disks, storage }: HostFile, findings: Findings): void {
  const names = disks.storage.map(({ name }) => name);
  checkTwice(names, ['disks', 'storage'], 'storage disks', findings);
  checkTwice(
    storage.map(({ name }) => name),
    ['storage'],
    'storage repositories',
    findings,
  );
  names.forEach((name, index) => {
    if (name !== SYSTEM) return;
    findings.error('input/reserved-name', '"system" means the rest of the system disk', {
      path: ['disks', 'storage', index, 'name'],
      hint: 'give the storage disk another name',
    });
  });
}

function checkUse({ disks, storage }: HostFile, findings: Findings): void {
  const known = [SYSTEM, ...disks.storage.map(({ name }) => name)];
  const users = new Map<string, string>();
  storage.forEach((repository, index) => {
    if (repository.type !== 'lvm' && repository.type !== 'ext') return;
    repository.disks.forEach((disk, place) => {
      const path = ['storage', index, 'disks', place];
      if (!known.includes(disk)) {
        const guess = nearest(disk, known);
        findings.error(
          'input/unknown-disk',
          `the storage repository ${repository.name} names the unknown disk ${disk}`,
          {
            path,
            hint: guess === undefined ? `there are ${known.join(', ')}` : `did you mean ${guess}?`,
          },
        );
        return;
      }
      const other = users.get(disk);
      if (other !== undefined) {
        findings.error('input/disk-twice', `the disk ${disk} is already used by ${other}`, {
          path,
          hint: 'a disk belongs to one storage repository',
        });
      }
      users.set(disk, repository.name);
      if (disk === SYSTEM && disks.system.partitions.storage === 0) {
        findings.error(
          'input/no-room',
          `${repository.name} is to be on the system disk, where partitions.storage leaves no room`,
          { path, hint: 'remove "storage: 0" from disks.system.partitions, or name another disk' },
        );
      }
    });
  });
  disks.storage.forEach(({ name }, index) => {
    if (users.has(name)) return;
    findings.warn('input/unused-disk', `no storage repository uses the disk ${name}`, {
      path: ['disks', 'storage', index],
      hint: `add one under storage with "disks: [${name}]", or remove the disk`,
    });
  });
}

function checkDefaults({ storage }: HostFile, findings: Findings): void {
  const defaults = storage.flatMap((repository, index) =>
    'default' in repository && repository.default === true ? [index] : [],
  );
  for (const index of defaults.slice(1)) {
    findings.error('input/several-defaults', 'only one storage repository can be the default', {
      path: ['storage', index, 'default'],
      hint: `${storage[defaults[0] ?? 0]?.name ?? ''} is it already`,
    });
  }
}
