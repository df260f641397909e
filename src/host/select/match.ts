// Every selector of a host file tried on a machine: what each picks and why, and what is wrong with them together.
import { errorToJson, formatError, type KronosError } from '../../common/error.ts';
import type { Inventory } from '../inventory.ts';
import type { Disks } from '../schema/disks.ts';
import type { NetworkDocument } from '../schema/network.ts';
import type { Clause } from './clauses.ts';
import { judgeDisks, type DiskSelection, type DiskSelector } from './disks.ts';
import { formatDiskVerdicts } from './explain.ts';
import {
  formatInterfaceVerdicts,
  judgeInterfaces,
  type InterfaceSelection,
  type InterfaceSelector,
} from './interfaces.ts';
import { examineDisks } from './resolve.ts';
import { listed } from './text.ts';

/** What is tried: a host file, selectors by themselves, or both. */
export interface MatchRequest {
  hostFile?: { disks: Disks; network: NetworkDocument } | undefined;
  disks?: readonly { what: string; selector: DiskSelector }[];
  interfaces?: readonly { what: string; selector: InterfaceSelector }[];
}

export interface Match {
  disks: DiskSelection[];
  interfaces: InterfaceSelection[];
  /** Beyond those of single selectors: two that take one disk, disks that are not empty. */
  problems: KronosError[];
}

/** Tries selectors on a machine; problems are handed back, not thrown. */
export function matchSelectors(request: MatchRequest, inventory: Inventory): Match {
  const { hostFile, disks = [], interfaces = [] } = request;
  const examined =
    hostFile === undefined
      ? { selections: [], problems: [] }
      : examineDisks(hostFile.disks, inventory);
  return {
    disks: [
      ...examined.selections,
      ...disks.map(({ what, selector }) => judgeDisks(selector, inventory, what)),
    ],
    interfaces: [...(hostFile === undefined ? [] : cardsOf(hostFile.network)), ...interfaces].map(
      ({ what, selector }) => judgeInterfaces(selector, inventory, what),
    ),
    problems: examined.problems,
  };
}

/** Everything that is wrong, in the order of the host file. */
export function problemsOf({ disks, interfaces, problems }: Match): KronosError[] {
  return [...[...disks, ...interfaces].flatMap(({ problem }) => problem ?? []), ...problems];
}

/** The text for people: a selector that picks says what, one that does not is shown as its error. */
export function formatMatch(match: Match): string {
  const texts = [
    ...match.disks.map((selection) =>
      formatSelection(
        selection,
        selection.disks.map((disk) => disk.name),
        formatDiskVerdicts(selection.verdicts),
      ),
    ),
    ...match.interfaces.map((selection) =>
      formatSelection(
        selection,
        selection.interfaces.map((card) => card.name),
        formatInterfaceVerdicts(selection.verdicts),
      ),
    ),
    ...match.problems.map(formatError),
  ];
  return texts.join('\n\n');
}

/** The document for `--json`. */
export function matchToJson(match: Match): Record<string, unknown> {
  const verdictToJson = (verdict: Verdict, name: string): Record<string, unknown> => ({
    name,
    ...verdict,
  });
  return {
    disks: match.disks.map(({ what, verdicts, disks, problem }) => ({
      what,
      chosen: disks.map((disk) => disk.name),
      ...(problem === undefined ? {} : { error: problem.code }),
      verdicts: verdicts.map(({ disk, ...verdict }) => verdictToJson(verdict, disk.name)),
    })),
    interfaces: match.interfaces.map(({ what, verdicts, interfaces, problem }) => ({
      what,
      chosen: interfaces.map((card) => card.name),
      ...(problem === undefined ? {} : { error: problem.code }),
      verdicts: verdicts.map(({ interface: card, ...verdict }) =>
        verdictToJson(verdict, card.name),
      ),
    })),
    errors: problemsOf(match).map(errorToJson),
  };
}

interface Verdict {
  clauses: Clause[];
  matches: boolean;
  chosen: boolean;
}

function formatSelection(
  { what, problem }: { what: string; problem?: KronosError },
  names: readonly string[],
  table: string,
): string {
  return problem === undefined ? `${what}: takes ${listed(names)}${table}` : formatError(problem);
}

function cardsOf(network: NetworkDocument): { what: string; selector: InterfaceSelector }[] {
  return [
    { what: 'network.management', selector: network.management.interface },
    ...network.networks.flatMap(({ name, interface: selector }) =>
      selector === undefined ? [] : [{ what: `network.networks "${name}"`, selector }],
    ),
  ];
}
