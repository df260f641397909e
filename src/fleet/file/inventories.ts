// Recorded machines and the hosts that they are for.
import type { Inventory } from '../../host/inventory.ts';
import type { Fleet } from './fleet.ts';

/** A recorded machine and the file that it is in. */
export interface RecordedMachine {
  file: string;
  inventory: Inventory;
}

export interface MatchedMachines {
  /** By host. */
  machines: ReadonlyMap<string, RecordedMachine>;
  /** Machines that no host names; one may be a host by the order of its appearance. */
  strangers: readonly RecordedMachine[];
  /** Machines whose host has one already: the first one counts. */
  doubles: readonly { machine: RecordedMachine; host: string; first: string }[];
}

/** Finds the host of each machine: by a MAC address of its cards, else its serial number, else its asset tag. */
export function matchInventories(
  { hosts }: Fleet,
  recorded: readonly RecordedMachine[],
): MatchedMachines {
  const named = new Map<string, string>();
  for (const { name, identity } of hosts) {
    const [key = '', value = ''] = Object.entries(identity)[0] ?? [];
    named.set(`${key} ${String(value)}`, name);
  }
  const machines = new Map<string, RecordedMachine>();
  const strangers: RecordedMachine[] = [];
  const doubles: { machine: RecordedMachine; host: string; first: string }[] = [];
  for (const machine of recorded) {
    const { serial, assetTag } = machine.inventory.machine;
    const says = [
      ...machine.inventory.interfaces.map(({ mac }) => `mac ${mac.toLowerCase()}`),
      `serial ${serial?.trim() ?? ''}`,
      `assetTag ${assetTag?.trim() ?? ''}`,
    ];
    const host = says.map((text) => named.get(text)).find((name) => name !== undefined);
    const first = host === undefined ? undefined : machines.get(host);
    if (host === undefined) strangers.push(machine);
    else if (first === undefined) machines.set(host, machine);
    else doubles.push({ machine, host, first: first.file });
  }
  return { machines, strangers, doubles };
}
