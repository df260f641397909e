// A machine says hello: it is recorded, and told what to do.
import type { IncomingMessage } from 'node:http';
import { canonicalJson, digestOf } from '../../common/digest.ts';
import { helloSchema, type Hello, type Orders } from '../../host/fleet/messages.ts';
import { matchHost } from '../state/match.ts';
import type { FleetState, MachineRecord } from '../state/record.ts';
import type { Decision, NewEntry } from '../store/store.ts';
import { readJson, Refusal } from './body.ts';
import { bearerOf, checkBootToken, isTokenSpent, nameOf, type FleetContext } from './context.ts';
import { orderHello, waitSeconds } from './orders.ts';
import { addressOf } from './web-server.ts';

/** Bytes of a hello besides the inventory. */
const REST = 8 * 1024;

export interface HelloDesk {
  /** Errors: Refusal, those of the store. */
  answer: (request: IncomingMessage) => Promise<Orders>;
}

/** Answers hellos. What it remembers besides the journal only bounds what strangers can make it write. */
export function createHelloDesk(context: FleetContext): HelloDesk {
  const { store, limits, now } = context;
  /** Twins that were written down, by MAC address and facts; when the inventory of a machine was kept last. */
  const twins = new Set<string>();
  const kept = new Map<string, number>();

  const refuseTwin = async (hello: Hello, address: string): Promise<never> => {
    const { mac, facts } = hello;
    const key = `${mac} ${digestOf(canonicalJson(facts))}`;
    const known = store.state().machines.get(mac);
    const count = known?.twins ?? 0;
    // None are counted: a person took one of them for the machine since, so what was written down is not known any more.
    if ((count === 0 || !twins.has(key)) && count < limits.twins) {
      twins.add(key);
      const twin: NewEntry = { subject: mac, event: { type: 'twin', facts, address } };
      await store.transact(() => ({ append: [twin], result: undefined }));
    }
    throw new Refusal(
      409,
      `two machines have the MAC address ${mac}: ${nameOf(known, mac)} goes on, the one with serial number ${facts.serial ?? 'unknown'} does not`,
    );
  };

  const record = async (hello: Hello, address: string, inventory: string): Promise<void> => {
    const { mac, facts } = hello;
    const digest = digestOf(inventory);
    const refuse = (state: FleetState): Refusal | undefined =>
      refuseStranger(context, state, hello);
    const early = refuse(store.state());
    if (early !== undefined) throw early;
    // The inventory that is gone was that of another mainboard, and a person said so.
    const machine = store.state().machines.get(mac);
    const last =
      machine !== undefined && machine.inventory === undefined ? undefined : kept.get(mac);
    if (last !== undefined && now() - last < limits.inventorySeconds * 1000) return;
    remember(kept, mac, now());
    await store.keepInventory(digest, inventory);
    const late = await store.transact((state): Decision<Refusal | undefined> => {
      const machine = state.machines.get(mac);
      if (machine?.inventory === digest || isTwin(machine, hello)) {
        return { append: [], result: undefined };
      }
      const result = refuse(state);
      const seen: NewEntry = {
        subject: mac,
        event: { type: 'seen', facts, inventory: digest, address },
      };
      return { append: result === undefined ? [seen] : [], result };
    });
    if (late !== undefined) throw late;
  };

  return {
    answer: async (request) => {
      const token = bearerOf(request);
      const { data: hello } = await readJson(request, limits.inventory + REST, helloSchema);
      const { mac } = hello;
      checkBootToken(context, token, mac);
      const address = addressOf(request.socket);
      const before = store.state().machines.get(mac);
      if (isTwin(before, hello)) return await refuseTwin(hello, address);
      if (hello.inventory !== undefined) {
        const inventory = canonicalJson(hello.inventory);
        if (inventory.length > limits.inventory) {
          throw new Refusal(413, `more than ${limits.inventory} bytes of inventory are not kept`);
        }
        if (before?.inventory !== digestOf(inventory)) {
          await record(hello, address, inventory);
          await context.settle();
        }
      }
      const machine = store.state().machines.get(mac);
      if (machine === undefined) return { do: 'introduce' };
      // Of two that came at once, the first one in the journal is the machine.
      if (isTwin(machine, hello)) return await refuseTwin(hello, address);
      // What was known of it was that of the mainboard it had before.
      if (machine.inventory === undefined) return { do: 'introduce' };
      return orderHello(machine, isTokenSpent(machine, token), {
        seconds: waitSeconds(store.state().machines.size),
        message: context.waitsFor(machine),
      });
    },
  };
}

/** Whether a hello comes from another machine than the one that has its MAC address. */
export function isTwin(machine: Pick<MachineRecord, 'facts'> | undefined, hello: Hello): boolean {
  if (machine === undefined) return false;
  return (['uuid', 'serial'] as const).some((name) => {
    // A person may have typed what is known.
    const [known, said] = [machine.facts, hello.facts].map((facts) =>
      facts[name]?.trim().toLowerCase(),
    );
    return known !== undefined && said !== undefined && known !== said;
  });
}

/** Why a machine that is not recorded yet is not going to be. */
function refuseStranger(
  { fleet, limits }: FleetContext,
  state: FleetState,
  { mac, facts }: Hello,
): Refusal | undefined {
  if (state.machines.has(mac)) return undefined;
  if (matchHost(fleet, state, { id: mac, facts }) !== undefined) return undefined;
  if (fleet.policy.unknown === 'disk') return new Refusal(403, `no host is meant for ${mac}`);
  let unnamed = 0;
  for (const machine of state.machines.values()) if (machine.host === undefined) unnamed += 1;
  if (unnamed < limits.unnamed) return undefined;
  return new Refusal(429, `${limits.unnamed} machines without a name are kept, ${mac} is not`);
}

/** Machines that a map of moments remembers at the most. */
const REMEMBERED = 4096;

function remember(moments: Map<string, number>, key: string, moment: number): void {
  moments.delete(key);
  moments.set(key, moment);
  const oldest = moments.keys().next().value;
  if (moments.size > REMEMBERED && oldest !== undefined) moments.delete(oldest);
}
