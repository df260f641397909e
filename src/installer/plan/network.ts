// Which cards the networks of a host file are on: all of them are decided before anything is touched, also those that
// first boot makes.
import { KronosError } from '../../common/error.ts';
import type { Interface, Inventory } from '../../host/inventory.ts';
import { selectInterfaces } from '../../host/select/interfaces.ts';
import { listed } from '../../host/select/text.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { attempt, throwAll } from './collect.ts';

export interface PlannedInterface {
  name: string;
  mac: string;
  driver?: string | undefined;
  /** As it was found. */
  link?: boolean | undefined;
  /** Mbit/s. */
  speed?: number | undefined;
}

export interface PlannedNetwork {
  /** `management`, or the name in the host file. */
  name: string;
  interfaces: PlannedInterface[];
  bond?: 'active-backup' | 'balance-slb' | 'lacp' | undefined;
  vlan?: number | undefined;
  /** `dhcp`, `auto`, `none`, or the address with its prefix length. */
  ipv4: string;
  ipv6: string;
  gateways: string[];
}

export const MANAGEMENT = 'management';

type Network = HostFile['network']['management'] | HostFile['network']['networks'][number];

/**
 * The networks with their cards, the management network first.
 * Errors, all at once: `host/no-network-card`, those of `selectInterfaces`, `host/interface-overlap`.
 */
export function planNetworks(
  { network }: Pick<HostFile, 'network'>,
  inventory: Pick<Inventory, 'interfaces'>,
): PlannedNetwork[] {
  if (inventory.interfaces.length === 0) {
    throw new KronosError('host/no-network-card', 'this machine has no network card', {
      hint: 'look whether the card is switched off in the firmware, or needs a driver or firmware files that the image lacks',
    });
  }
  const errors: KronosError[] = [];
  const select = (wanted: Network, what: string): PlannedInterface[] | undefined => {
    const { interface: selector } = wanted;
    if (selector === undefined) return undefined;
    return attempt(errors, () =>
      selectInterfaces(selector, inventory, what).interfaces.map(planInterface),
    );
  };
  const cards = select(network.management, 'network.management') ?? [];
  const networks = [
    planNetwork(MANAGEMENT, network.management, cards),
    ...network.networks.map((one) =>
      planNetwork(one.name, one, select(one, `network "${one.name}"`) ?? cards),
    ),
  ];
  if (errors.length === 0) errors.push(...findOverlaps(networks));
  throwAll(errors);
  return networks;
}

/** Cards of a plan that have no cable with a partner, as far as that is known. */
export function withoutLink(networks: readonly PlannedNetwork[]): PlannedInterface[] {
  const all = new Map(
    networks.flatMap(({ interfaces }) => interfaces.map((card) => [card.mac, card])),
  );
  return [...all.values()].filter(({ link }) => link === false);
}

function planNetwork(
  name: string,
  network: Network,
  interfaces: PlannedInterface[],
): PlannedNetwork {
  const { ipv4, ipv6, bond, vlan } = network;
  return {
    ...{ name, interfaces, bond: bond?.mode, vlan },
    ipv4: ipv4.mode === 'static' ? ipv4.address : ipv4.mode,
    ipv6: ipv6.mode === 'static' ? ipv6.address : ipv6.mode,
    gateways: [ipv4, ipv6].flatMap((family) =>
      family.mode === 'static' && family.gateway !== undefined ? [family.gateway] : [],
    ),
  };
}

function planInterface({ name, mac, driver, link, speed }: Interface): PlannedInterface {
  return { name, mac: mac.toLowerCase(), driver, link, speed };
}

/** A card is in one bond or alone, and carries one network for each tag. */
function findOverlaps(networks: readonly PlannedNetwork[]): KronosError[] {
  return networks.flatMap((later, index) =>
    networks.slice(0, index).flatMap((earlier) => {
      const shared = later.interfaces.filter(({ mac }) =>
        earlier.interfaces.some((card) => card.mac === mac),
      );
      if (shared.length === 0) return [];
      const names = listed(shared.map(({ name }) => name));
      const equal =
        shared.length === later.interfaces.length && shared.length === earlier.interfaces.length;
      if (!equal) {
        return [
          new KronosError(
            'host/interface-overlap',
            `the networks ${earlier.name} and ${later.name} share ${names}, but not all of their cards`,
            { hint: 'let both select the same cards, or none of the other' },
          ),
        ];
      }
      if (later.vlan !== earlier.vlan) return [];
      const tag = later.vlan === undefined ? 'without a VLAN' : `with VLAN ${later.vlan}`;
      return [
        new KronosError(
          'host/interface-overlap',
          `the networks ${earlier.name} and ${later.name} are both on ${names} ${tag}`,
          { hint: 'give one of them another vlan, or cards of its own' },
        ),
      ];
    }),
  );
}
