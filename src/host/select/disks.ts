// From a selector to disks: exactly as many as it says, or an error that shows every disk and every clause.
import { KronosError } from '../../common/error.ts';
import type { Disk, Inventory } from '../inventory.ts';
import type { DiskMatch } from '../schema/disks.ts';
import { checkDisk, type Clause } from './clauses.ts';
import { exclusionOf, isNamedByPath, shareName, twinsOf } from './exclude.ts';
import { countDisksHint, formatDiskVerdicts } from './explain.ts';
import { plain } from './text.ts';

export interface DiskSelector {
  match: DiskMatch;
  count: number;
  pick?: 'smallest' | 'largest' | undefined;
}

/** What a selector makes of one disk. */
export interface DiskVerdict {
  disk: Disk;
  clauses: Clause[];
  /** Every clause holds. */
  matches: boolean;
  /** Why it is not taken although it may match. */
  excluded?: string;
  /** Names of disks that this one cannot be told from: paths of one disk, or clones. */
  twins: string[];
  chosen: boolean;
}

export interface DiskSelection {
  /** What the disks are for, as in the host file: `disks.system`. */
  what: string;
  /** One for every disk of the machine, in the order of the inventory. */
  verdicts: DiskVerdict[];
  /** Those chosen; as many as the selector says unless there is a problem. */
  disks: Disk[];
  /** Why the selector cannot be used on this machine. */
  problem?: KronosError;
}

/**
 * The disks that a selector picks on a machine. `what` names it in messages.
 * Errors: `host/disk-count` where more, fewer or none match, or a tie leaves open which to pick; `host/disk-twins`
 * where one of them is a disk that is there twice.
 */
export function selectDisks(
  selector: DiskSelector,
  inventory: Pick<Inventory, 'disks'>,
  what: string,
): DiskSelection {
  const selection = judgeDisks(selector, inventory, what);
  if (selection.problem !== undefined) throw selection.problem;
  return selection;
}

/** Like `selectDisks`, but hands back what went wrong together with every verdict. */
export function judgeDisks(
  selector: DiskSelector,
  inventory: Pick<Inventory, 'disks'>,
  what: string,
): DiskSelection {
  const { disks } = inventory;
  const verdicts = disks.map((disk): DiskVerdict => {
    const clauses = checkDisk(selector.match, disk);
    const excluded = exclusionOf(disk, selector.match, disks);
    return {
      disk,
      clauses,
      matches: clauses.every((clause) => clause.ok),
      ...(excluded === undefined ? {} : { excluded }),
      twins: twinsOf(disk, disks).map((twin) => twin.name),
      chosen: false,
    };
  });
  const candidates = verdicts.filter(({ matches, excluded }) => matches && excluded === undefined);
  const picked = pick(candidates, selector);
  const problem =
    countProblem(selector, candidates, picked, { what, verdicts }) ??
    twinProblem(selector, picked, { what, verdicts });
  if (problem !== undefined) return { what, verdicts, disks: [], problem };
  for (const verdict of picked) verdict.chosen = true;
  return { what, verdicts, disks: picked.map(({ disk }) => disk) };
}

/** As many as are wanted, where the selector says by what; all candidates otherwise, and where there is a tie. */
function pick(candidates: readonly DiskVerdict[], selector: DiskSelector): readonly DiskVerdict[] {
  if (selector.pick === undefined || candidates.length <= selector.count) return candidates;
  const sign = selector.pick === 'smallest' ? 1 : -1;
  const sorted = [...candidates].sort((a, b) => sign * (a.disk.size - b.disk.size));
  const last = sorted[selector.count - 1]?.disk.size;
  const tied = sorted.filter(({ disk }) => disk.size === last);
  const first = sorted.slice(0, selector.count);
  return tied.every((verdict) => first.includes(verdict))
    ? first
    : [...new Set([...first, ...tied])];
}

interface Context {
  what: string;
  verdicts: readonly DiskVerdict[];
}

function countProblem(
  selector: DiskSelector,
  candidates: readonly DiskVerdict[],
  picked: readonly DiskVerdict[],
  { what, verdicts }: Context,
): KronosError | undefined {
  const { count } = selector;
  if (picked.length === count) return undefined;
  const found = candidates.length;
  const story =
    verdicts.length === 0
      ? 'this machine has none'
      : found > count && selector.pick !== undefined
        ? `${found} match, the ${selector.pick} tie`
        : found === 0
          ? 'none matches'
          : `${found} match`;
  const wanted = count === 1 ? '1 disk' : `${count} disks`;
  const table = formatDiskVerdicts(verdicts);
  return new KronosError('host/disk-count', `${what}: ${wanted} wanted, ${story}${table}`, {
    hint: countDisksHint(selector, verdicts, picked),
    details: detailsOf(what, count, verdicts),
  });
}

function twinProblem(
  selector: DiskSelector,
  picked: readonly DiskVerdict[],
  { what, verdicts }: Context,
): KronosError | undefined {
  const indistinct = (a: DiskVerdict, b: DiskVerdict): boolean =>
    a !== b && (a.twins.includes(b.disk.name) || shareName(a.disk, b.disk, selector.match));
  const twin = picked.find(
    (verdict) =>
      picked.some((other) => indistinct(verdict, other)) ||
      (verdict.twins.length > 0 && !isNamedByPath(verdict.disk, selector.match)),
  );
  if (twin === undefined) return undefined;
  const times = verdicts.filter((other) => indistinct(twin, other)).length + 1;
  return new KronosError(
    'host/disk-twins',
    `${what}: one disk, ${plain(twin.disk.name)}, is there ${times} times${formatDiskVerdicts(verdicts)}`,
    {
      hint: 'these are paths to one disk, or clones; name one by its place, path: /dev/disk/by-path/...',
      details: detailsOf(what, selector.count, verdicts),
    },
  );
}

function detailsOf(
  what: string,
  count: number,
  verdicts: readonly DiskVerdict[],
): Readonly<Record<string, unknown>> {
  return {
    what,
    count,
    disks: verdicts.map(({ disk, ...verdict }) => ({ disk: disk.name, ...verdict })),
  };
}
