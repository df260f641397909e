// All disks of a host file on one machine: each selector resolved, none taken twice, nothing overwritten unasked.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Disk, Inventory } from '../inventory.ts';
import type { Disks } from '../schema/disks.ts';
import { contentOf } from './clauses.ts';
import { judgeDisks, type DiskSelection, type DiskSelector } from './disks.ts';
import { twinsOf } from './exclude.ts';
import { formatDiskTable } from './table.ts';
import { listed } from './text.ts';

export interface ResolvedDisks {
  system: Disk[];
  storage: { name: string; disks: Disk[] }[];
}

export interface ResolveOptions {
  /** An installed Kronos host on the system disks is what is wanted, not a mistake. */
  reinstall?: boolean;
}

/**
 * The disks that a host file means on a machine.
 * Errors, all at once: those of `selectDisks`; `host/disk-overlap` where two selectors take one disk;
 * `host/already-installed` and `host/disk-not-empty` where something is on a disk that may not be erased.
 */
export function resolveDisks(
  disks: Disks,
  inventory: Pick<Inventory, 'disks'>,
  options: ResolveOptions = {},
): ResolvedDisks {
  const { selections, problems } = examineDisks(disks, inventory, options);
  const errors = [...selections.flatMap(({ problem }) => problem ?? []), ...problems];
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 0) throw new KronosErrors(errors);
  return {
    system: selections[0]?.disks ?? [],
    storage: disks.storage.map(({ name }, index) => ({
      name,
      disks: selections[index + 1]?.disks ?? [],
    })),
  };
}

/** Like `resolveDisks`, but hands back every selection, and what is wrong with them together. */
export function examineDisks(
  disks: Disks,
  inventory: Pick<Inventory, 'disks'>,
  options: ResolveOptions = {},
): { selections: DiskSelection[]; problems: KronosError[] } {
  const wishes = wishesOf(disks, options);
  const selections = wishes.map(({ what, selector }) => judgeDisks(selector, inventory, what));
  return {
    selections,
    problems: [
      ...findOverlaps(selections),
      ...wishes.flatMap((wish, index) => checkContents(wish, selections[index]?.disks ?? [])),
    ],
  };
}

/** One selector of a host file: what it is called in messages, and what becomes of what is on its disks. */
interface DiskWish {
  what: string;
  selector: DiskSelector;
  existing: 'refuse' | 'erase' | 'keep';
}

/** The selectors of a host file, the system first. */
function wishesOf(disks: Disks, options: ResolveOptions): DiskWish[] {
  const { system } = disks;
  return [
    {
      what: 'disks.system',
      selector: system,
      existing: options.reinstall === true ? 'keep' : system.existing,
    },
    ...disks.storage.map((storage) => ({
      what: `disks.storage "${storage.name}"`,
      selector: storage,
      existing: storage.existing,
    })),
  ];
}

function findOverlaps(selections: readonly DiskSelection[]): KronosError[] {
  return selections.flatMap((later, index) =>
    selections.slice(0, index).flatMap((earlier) => {
      const shared = later.disks.filter(
        (disk) => earlier.disks.includes(disk) || twinsOf(disk, earlier.disks).length > 0,
      );
      if (shared.length === 0) return [];
      return [
        new KronosError(
          'host/disk-overlap',
          `${later.what} takes disks of ${earlier.what}\n${tableOf(shared)}`,
          {
            hint: 'give one of them a clause that the other disk does not fit, such as its serial',
          },
        ),
      ];
    }),
  );
}

function checkContents({ what, existing }: DiskWish, disks: readonly Disk[]): KronosError[] {
  if (existing === 'erase') return [];
  const installed = disks.filter((disk) => contentOf(disk) === 'kronos');
  const foreign = disks.filter((disk) => contentOf(disk) === 'foreign');
  return [
    ...(installed.length === 0 || existing === 'keep'
      ? []
      : [
          new KronosError(
            'host/already-installed',
            `${what}: Kronos is installed already\n${tableOf(installed)}`,
            {
              hint: `reinstall keeps its state and storage; "existing: erase" in ${what} starts anew`,
            },
          ),
        ]),
    ...(foreign.length === 0
      ? []
      : [
          new KronosError(
            'host/disk-not-empty',
            `${what}: something is on ${listed(foreign.map((disk) => disk.name))}\n${tableOf(foreign)}`,
            {
              hint: `if nothing of it is needed any more, say "existing: erase" in ${what}`,
            },
          ),
        ]),
  ];
}

function tableOf(disks: readonly Disk[]): string {
  return formatDiskTable(disks).join('\n');
}
