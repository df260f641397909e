// Never the wrong disk: on thousands of odd machines a selector picks what an independent judge allows, or nothing.
import test from 'ava';
import fc from 'fast-check';
import { KronosError, formatError } from '../../../src/common/error.ts';
import type { Disk } from '../../../src/host/inventory.ts';
import { selectDisks } from '../../../src/host/select/disks.ts';
import { machine, selector, type MeantSelector } from './generated.ts';

const MACHINES = 20_000;

/** The names that may be picked, or undefined where the selector has to be refused. Written to be read, not reused. */
function judge(
  disks: readonly Disk[],
  { selector: wanted, clauses }: MeantSelector,
): Set<string> | undefined {
  const text = (value: string | undefined): string => (value ?? '').trim().toLowerCase();
  const known = (value: string | undefined): boolean =>
    text(value) !== '' && !/^(0x|eui\.)?0+$/.test(text(value));
  const twins = (a: Disk, b: Disk): boolean => {
    if (a === b || a.size === 0 || b.size === 0) return false;
    if (known(a.wwn) && known(b.wwn)) return text(a.wwn) === text(b.wwn);
    if (!known(a.serial) || text(a.serial) !== text(b.serial)) return false;
    return text(a.model) === text(b.model) && a.size === b.size;
  };
  const untouchable = (disk: Disk): boolean => disk.bootMedium || disk.mounts.length > 0;
  const held = (disk: Disk): boolean =>
    disk.multipath !== undefined || (disk.holders.length > 0 && disk.installed === undefined);
  const foreign = (disk: Disk): boolean =>
    disk.installed === undefined &&
    disk.contents.some(({ kind }) => /^(raid|lvm|zfs|bcache|multipath)$/.test(kind));

  const allowed = disks.filter((disk) => {
    const group = disks.filter((other) => other === disk || twins(disk, other));
    if (!clauses.every((clause) => clause.fits(disk))) return false;
    if (disk.size === 0 || disk.readOnly || group.some(untouchable)) return false;
    const named = clauses.some(
      ({ names, match }) =>
        names === true && (match.serial !== undefined ? known(disk.serial) : known(disk.wwn)),
    );
    return named || !(disk.removable || foreign(disk) || group.some(held));
  });

  let chosen = allowed;
  if (wanted.pick !== undefined && allowed.length > wanted.count) {
    const better = (a: Disk, b: Disk): boolean =>
      wanted.pick === 'smallest' ? a.size < b.size : a.size > b.size;
    // In: fewer than `count` others are as good or better.
    chosen = allowed.filter(
      (disk) => allowed.filter((other) => !better(disk, other)).length <= wanted.count,
    );
  }
  if (chosen.length !== wanted.count) return undefined;
  for (const disk of chosen) {
    const group = disks.filter((other) => twins(disk, other));
    if (group.length === 0) continue;
    if (group.some((other) => chosen.includes(other))) return undefined;
    const byPath = clauses.some(
      ({ place }) => place !== undefined && !place.startsWith('/dev/disk/by-id/'),
    );
    if (!byPath) return undefined;
  }
  for (const { list } of clauses) {
    const values = list === undefined ? [] : chosen.map((disk) => text(disk[list]));
    if (new Set(values).size < values.length) return undefined;
  }
  return new Set(chosen.map((disk) => disk.name));
}

test(`no wrong pick on ${MACHINES} generated machines`, (t) => {
  let picked = 0;
  let refused = 0;
  const property = fc.property(machine, selector, (disks, meant) => {
    const allowed = judge(disks, meant);
    let names: string[] | undefined;
    try {
      const selection = selectDisks(meant.selector, { disks }, 'disks.system');
      names = selection.disks.map((disk) => disk.name);
      if (selection.verdicts.length !== disks.length) return false;
      if (names.length !== meant.selector.count) return false;
    } catch (error) {
      if (!(error instanceof KronosError) || error.class !== 'host') throw error;
      if (
        formatError(error)
          .split('\n')
          .slice(0, -1)
          .some((line) => !/^[ -~]{0,80}$/.test(line))
      )
        return false;
    }
    if (names === undefined) refused += 1;
    else picked += 1;
    if (names === undefined || allowed === undefined) return names === allowed;
    return names.length === allowed.size && names.every((name) => allowed.has(name));
  });
  t.notThrows(() => fc.assert(property, { numRuns: MACHINES }));
  // Neither side of the question may be so rare that nothing is asked.
  t.true(picked > MACHINES / 20, `picked ${picked}`);
  t.true(refused > MACHINES / 20, `refused ${refused}`);
  t.log(`${picked} picked, ${refused} refused`);
});
