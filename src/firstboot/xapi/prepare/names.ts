// Names of cards on a host with xapi: eth0, eth1 and so on, because xapi makes its bridges from them (eth0 is in xenbr0) and
// nothing on Debian gives it another order. A card that had a name keeps it over restarts and other plugs.
import type { FoundCard, Rename } from '../../network/cards.ts';

/** Addresses, small letters, to names. */
export type CardNames = Readonly<Record<string, string>>;

/**
 * Names for all cards that are there: those that were given before, then the cards of the host file in its order, then
 * all others. `wanted`: addresses, the management network's first.
 */
export function nameCards(
  wanted: readonly string[],
  found: readonly FoundCard[],
  before: CardNames,
): Record<string, string> {
  const names: Record<string, string> = { ...before };
  const taken = new Set(Object.values(names));
  const order = [...wanted.map((mac) => mac.toLowerCase()), ...found.map(({ mac }) => mac)];
  for (const mac of order) {
    if (names[mac] !== undefined) continue;
    let number = 0;
    while (taken.has(`eth${number}`)) number += 1;
    names[mac] = `eth${number}`;
    taken.add(`eth${number}`);
  }
  return names;
}

/** What has to be renamed; two cards may change names with each other. */
export function planCardNames(names: CardNames, found: readonly FoundCard[]): Rename[] {
  return found.flatMap(({ name, mac }) => {
    const to = names[mac];
    return to === undefined || to === name ? [] : [{ from: name, to }];
  });
}
