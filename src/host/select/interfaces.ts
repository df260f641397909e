// From a selector to network cards: exactly as many as it says, or an error that shows every card and every clause.
import { KronosError } from '../../common/error.ts';
import type { Interface, Inventory } from '../inventory.ts';
import type { InterfaceMatch } from '../schema/disks.ts';
import { checkInterface, type Clause } from './clauses.ts';
import { formatDevice, matchMark, widthOf } from './explain.ts';
import { listed, plain } from './text.ts';

export interface InterfaceSelector {
  match: InterfaceMatch;
  count: number;
}

/** What a selector makes of one network card. */
export interface InterfaceVerdict {
  interface: Interface;
  clauses: Clause[];
  matches: boolean;
  chosen: boolean;
}

export interface InterfaceSelection {
  /** What the cards are for, as in the host file: `network.management`. */
  what: string;
  verdicts: InterfaceVerdict[];
  interfaces: Interface[];
  /** Why the selector cannot be used on this machine. */
  problem?: KronosError;
}

/**
 * The network cards that a selector picks on a machine. `what` names it in messages.
 * Errors: `host/interface-count` where more, fewer or none match.
 */
export function selectInterfaces(
  selector: InterfaceSelector,
  inventory: Pick<Inventory, 'interfaces'>,
  what: string,
): InterfaceSelection {
  const selection = judgeInterfaces(selector, inventory, what);
  if (selection.problem !== undefined) throw selection.problem;
  return selection;
}

/** Like `selectInterfaces`, but hands back what went wrong together with every verdict. */
export function judgeInterfaces(
  selector: InterfaceSelector,
  inventory: Pick<Inventory, 'interfaces'>,
  what: string,
): InterfaceSelection {
  const verdicts = inventory.interfaces.map((card): InterfaceVerdict => {
    const clauses = checkInterface(selector.match, card);
    return {
      interface: card,
      clauses,
      matches: clauses.every((clause) => clause.ok),
      chosen: false,
    };
  });
  const fitting = verdicts.filter(({ matches }) => matches);
  if (fitting.length !== selector.count) {
    const wanted = selector.count === 1 ? '1 card' : `${selector.count} cards`;
    const problem = new KronosError(
      'host/interface-count',
      `${what}: ${wanted} wanted, ${storyOf(verdicts, fitting)}${formatInterfaceVerdicts(verdicts)}`,
      {
        hint: hintOf(selector, verdicts, fitting),
        details: {
          what,
          count: selector.count,
          interfaces: verdicts.map(({ interface: card, ...verdict }) => ({
            interface: card.name,
            ...verdict,
          })),
        },
      },
    );
    return { what, verdicts, interfaces: [], problem };
  }
  for (const verdict of fitting) verdict.chosen = true;
  return { what, verdicts, interfaces: fitting.map((verdict) => verdict.interface) };
}

/** All cards, all clauses, pass or fail; begins with a line end, so that it can follow a message. */
export function formatInterfaceVerdicts(verdicts: readonly InterfaceVerdict[]): string {
  const name = widthOf(verdicts.map((verdict) => verdict.interface.name));
  return verdicts
    .flatMap((verdict) => {
      const { name: own, mac, driver, link, speed } = verdict.interface;
      const state =
        link === undefined ? 'link not known' : link ? `link ${String(speed ?? 'up')}` : 'no link';
      const text = `${plain(own).padEnd(name)}  ${plain(mac)}  ${plain(driver ?? '-')}  ${state}`;
      return formatDevice(verdict.chosen ? 'TAKEN' : matchMark(verdict), text, verdict.clauses);
    })
    .map((line) => `\n${line}`)
    .join('');
}

function storyOf(
  verdicts: readonly InterfaceVerdict[],
  fitting: readonly InterfaceVerdict[],
): string {
  if (verdicts.length === 0) return 'this machine has none';
  return fitting.length === 0 ? 'none matches' : `${fitting.length} match`;
}

function hintOf(
  { match, count }: InterfaceSelector,
  verdicts: readonly InterfaceVerdict[],
  fitting: readonly InterfaceVerdict[],
): string {
  if (verdicts.length === 0) return 'the driver or the firmware of the card may be missing';
  if (fitting.length > count) {
    const macs = fitting.slice(0, 2).map((verdict) => `mac: ${verdict.interface.mac}`);
    return count === 1
      ? `say which one: ${macs.join(' or ')}`
      : `add clauses until ${count} are left, or say count: ${fitting.length}`;
  }
  for (const key of Object.keys(match)) {
    const names = verdicts
      .filter(({ clauses }) => clauses.every(({ clause, ok }) => ok || clause === key))
      .map((verdict) => verdict.interface.name);
    if (names.length < count) continue;
    return key === 'link'
      ? `look at cable and switch port: with a link, ${listed(names)} would match`
      : `without the clause "${key}", ${listed(names)} would match`;
  }
  return 'more than one clause fails for each card; start with one clause and add others';
}
