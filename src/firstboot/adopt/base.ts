// From an interface with addresses down to its cards: a VLAN, a bond, cards. What Open vSwitch cannot take the place of is
// refused.
import { KronosError } from '../../common/error.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import type { Running, RunningInterface } from './running.ts';

type Bond = NonNullable<HostFile['network']['management']['bond']>;

/** What an interface stands on. */
export interface Base {
  top: RunningInterface;
  tag: number | undefined;
  bond: Bond | undefined;
  cards: { name: string; mac: string }[];
  /** Names of all of them, the topmost first. */
  chain: string[];
}

/** The kernel's modes of bonds that need nothing else of the switch in Open vSwitch. */
const MODES: Readonly<Record<string, Bond['mode']>> = {
  'active-backup': 'active-backup',
  'balance-tlb': 'balance-slb',
  'balance-alb': 'balance-slb',
  '802.3ad': 'lacp',
};

/**
 * What an interface stands on. Errors: `host/cannot-adopt-bridge`, `host/cannot-adopt-bond`,
 * `host/cannot-adopt-wireless`, `host/cannot-adopt-interface`.
 */
export function findBase(
  name: string,
  facts: { running: Running; wired: ReadonlySet<string>; wireless: ReadonlySet<string> },
): Base {
  const { interfaces } = facts.running;
  const find = (wanted: string | undefined): RunningInterface | undefined =>
    interfaces.find((one) => one.name === wanted);
  const top = find(name);
  if (top === undefined) throw strange(name, 'is not there any more');
  let current = top;
  let tag: number | undefined;
  const chain = [top.name];
  if (current.kind === 'vlan') {
    const parent = find(current.parent);
    if (parent === undefined) throw strange(name, 'is a VLAN of an interface that is not there');
    tag = current.tag;
    current = parent;
    chain.push(parent.name);
  }
  if (current.kind !== 'bond') {
    requireCard(current, facts);
    return { top, tag, bond: undefined, cards: [cardOf(current)], chain };
  }
  const bondName = current.name;
  const own = current.mac;
  // The first card lends its address to the bond, and then to the bridge.
  const cards = interfaces
    .filter(({ master }) => master === bondName)
    .sort((a, b) => Number(b.mac === own) - Number(a.mac === own) || a.index - b.index);
  for (const card of cards) requireCard(card, facts);
  if (cards.length === 0) throw strange(current.name, 'is a bond without cards');
  chain.push(...cards.map((card) => card.name));
  const mode = modeOf(current);
  const bond = {
    mode,
    ...(mode === 'lacp' && current.lacpFast ? { lacpRate: 'fast' as const } : {}),
  };
  return { top, tag, bond, cards: cards.map(cardOf), chain };
}

function cardOf({ name, mac }: RunningInterface): { name: string; mac: string } {
  return { name, mac };
}

function modeOf({ name, bondMode = '' }: RunningInterface): Bond['mode'] {
  const mode = MODES[bondMode];
  if (mode !== undefined) return mode;
  throw new KronosError(
    'host/cannot-adopt-bond',
    `adopting this host: ${name} is a bond of the mode ${bondMode}, which Open vSwitch does not have`,
    { hint: 'change it to active-backup or 802.3ad first, on the switch as well' },
  );
}

function requireCard(
  { name, kind }: RunningInterface,
  { wired, wireless }: { wired: ReadonlySet<string>; wireless: ReadonlySet<string> },
): void {
  if (wired.has(name)) return;
  if (wireless.has(name)) {
    throw new KronosError(
      'host/cannot-adopt-wireless',
      `adopting this host: ${name} is a wireless card, which cannot be a port of a bridge`,
      { hint: 'connect the host by a cable, and let the default route go by it' },
    );
  }
  if (kind === 'bridge' || kind === 'openvswitch') {
    throw new KronosError(
      'host/cannot-adopt-bridge',
      `adopting this host: ${name} is a bridge already, of another program such as libvirt or Proxmox`,
      {
        hint: 'put the address on the card, or write /etc/kronos/host.yaml after the bridge is taken apart',
      },
    );
  }
  throw strange(
    name,
    kind === undefined ? 'is no network card' : `is a ${kind}, not a network card`,
  );
}

function strange(name: string, what: string): KronosError {
  return new KronosError('host/cannot-adopt-interface', `adopting this host: ${name} ${what}`, {
    hint: 'the default route must go by a card, a bond of cards, or a VLAN of one of them',
  });
}

/** Bonds and VLANs that stand on cards, VLANs first: those below cannot go before those above. */
export function standingOn({ interfaces }: Running, cards: ReadonlySet<string>): string[] {
  const bonds = new Set(
    interfaces.flatMap(({ name, master }) => {
      const bond = interfaces.find((one) => one.name === master && one.kind === 'bond');
      return cards.has(name) && bond !== undefined ? [bond.name] : [];
    }),
  );
  const vlans = interfaces.filter(
    ({ kind, parent = '' }) => kind === 'vlan' && (cards.has(parent) || bonds.has(parent)),
  );
  return [...vlans.map(({ name }) => name), ...bonds];
}
