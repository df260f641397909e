// A host file that the operator wrote before the packages came, held against the machine: which cards and disks it means.
import { KronosError, KronosErrors } from '../../common/error.ts';
import type { Disk, Inventory } from '../../host/inventory.ts';
import type { HostFile } from '../../host/schema/host-file.ts';
import { checkDisk } from '../../host/select/clauses.ts';
import { selectDisks } from '../../host/select/disks.ts';
import { twinsOf } from '../../host/select/exclude.ts';
import { identityOf } from '../../host/select/identity.ts';
import { selectInterfaces } from '../../host/select/interfaces.ts';
import type { Installed, InstalledDisk } from '../installed.ts';
import { findBase, standingOn } from './base.ts';
import type { NetworkFacts } from './derive.ts';
import { systemDisks } from './spare-disk.ts';

type Chosen = Installed['disks'];
type ChosenNetwork = Chosen['networks'][number];

/**
 * The cards and disks of a host file on this machine. Errors, all at once: those of selectInterfaces and selectDisks,
 * `host/cannot-adopt-disk`, `host/cannot-adopt-bridge`.
 */
export function matchHostFile(
  { network, disks }: Pick<HostFile, 'network' | 'disks'>,
  inventory: Pick<Inventory, 'disks' | 'interfaces'>,
  facts: NetworkFacts,
): Chosen {
  const errors: KronosError[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof KronosError)) throw error;
      errors.push(error);
      return undefined;
    }
  };
  const system = systemDisks(inventory.disks);
  attempt(() => {
    requireSystem(disks.system, system);
  });
  const places = [
    { name: 'management', what: 'network.management', one: network.management },
    ...network.networks.map((one) => ({
      ...{ name: one.name, what: `network.networks "${one.name}"`, one },
    })),
  ];
  const main = network.management.interface;
  const networks = places.flatMap(({ name, what, one }): ChosenNetwork[] => {
    const found = attempt(() => selectInterfaces(one.interface ?? main, inventory, what));
    if (found === undefined) return [];
    const interfaces = found.interfaces.map((card) => ({ name: card.name, mac: card.mac }));
    const identifier = identifierOf(interfaces, one.vlan, facts);
    return [
      { name, interfaces, ...(identifier === undefined ? {} : { clientIdentifier: identifier }) },
    ];
  });
  attempt(() => {
    requireFree(networks, facts);
  });
  const storage = disks.storage.flatMap((one) => {
    const found = attempt(() => selectDisks(one, inventory, `disks.storage "${one.name}"`));
    return found === undefined
      ? []
      : [{ name: one.name, disks: found.disks.map((disk) => knownBy(disk, inventory.disks)) }];
  });
  if (errors.length === 1 && errors[0] !== undefined) throw errors[0];
  if (errors.length > 0) throw new KronosErrors(errors);
  return {
    system: {
      raid: disks.system.raid === 1,
      disks: system.map((disk) => knownBy(disk, inventory.disks)),
    },
    ...{ storage, networks },
  };
}

/** By what a disk is known again. */
function knownBy(disk: Disk, all: readonly Disk[]): InstalledDisk {
  const isKnown = disk.serial !== undefined || disk.wwn !== undefined;
  return {
    name: disk.name,
    ...identityOf(disk, !isKnown || twinsOf(disk, all).length > 0),
  };
}

function requireSystem({ match }: HostFile['disks']['system'], system: readonly Disk[]): void {
  const other = system.find((disk) => checkDisk(match, disk).some(({ ok }) => !ok));
  if (other === undefined) return;
  throw new KronosError(
    'host/cannot-adopt-disk',
    `adopting this host: disks.system in the host file does not mean ${other.name}, where / is`,
    {
      hint: 'nothing is done to that disk; write what it is, for example its serial number, or "match: {}"',
    },
  );
}

/** A card in a bridge of somebody else would be taken out of it. */
function requireFree(networks: readonly ChosenNetwork[], { running }: NetworkFacts): void {
  const cards = new Set(networks.flatMap(({ interfaces }) => interfaces.map((card) => card.name)));
  const names = new Set([...cards, ...standingOn(running, cards)]);
  for (const { name, master } of running.interfaces) {
    if (!names.has(name) || master === undefined || names.has(master)) continue;
    throw new KronosError(
      'host/cannot-adopt-bridge',
      `adopting this host: ${name} is a port of ${master}`,
      { hint: `take ${name} out of ${master}, or choose other cards in the host file` },
    );
  }
}

function identifierOf(
  cards: readonly { name: string }[],
  vlan: number | undefined,
  facts: NetworkFacts,
): string | undefined {
  const wanted = cards
    .map(({ name }) => name)
    .sort()
    .join(' ');
  for (const [name, identifier] of facts.identifiers) {
    try {
      const base = findBase(name, facts);
      const own = base.cards
        .map((card) => card.name)
        .sort()
        .join(' ');
      if (own === wanted && base.tag === vlan) return identifier;
    } catch (error) {
      // What cannot be taken over is not what the host file means.
      if (!(error instanceof KronosError)) throw error;
    }
  }
  return undefined;
}
