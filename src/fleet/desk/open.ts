// Where operators stand: what they see of a fleet and do to it, over any store.
import type { Desk, HostDetails } from '../desk.ts';
import type { Fleet } from '../file/fleet.ts';
import { withDecisions } from '../state/decide.ts';
import { hostOf, indexFleet, machineId } from '../state/plan.ts';
import type { Store } from '../store/store.ts';
import { planAction } from './act.ts';
import { describeHistory } from './history.ts';
import { describeFleet, describeHost, describeMachine } from './status.ts';
import { survey } from './waits.ts';

export interface DeskOptions {
  fleet: Fleet;
  store: Store;
  /** Milliseconds since 1970 (default Date.now). */
  now?: (() => number) | undefined;
}

/** Milliseconds for which changes are gathered. */
const GATHER = 100;

/** A desk for a fleet. It holds nothing that would have to be closed. */
export function openDesk({ fleet, store, now = Date.now }: DeskOptions): Desk {
  const listening = now();
  return {
    status: () => describeFleet(fleet, store.state(), store.passing(), now()),
    details: (name) => describeDetails(fleet, store, name, now()),
    act: async (action) => ({
      message: await store.transact((state) => {
        const { append, message } = planAction(fleet, state, action);
        const options = { passing: store.passing(), listening };
        return { append: withDecisions(fleet, state, append, now(), options), result: message };
      }),
    }),
    watch: (onChange) => {
      let timer: NodeJS.Timeout | undefined;
      const end = store.watch(() => {
        timer ??= setTimeout(() => {
          timer = undefined;
          onChange();
        }, GATHER);
      });
      return () => {
        clearTimeout(timer);
        end();
      };
    },
  };
}

async function describeDetails(
  fleet: Fleet,
  store: Store,
  name: string,
  now: number,
): Promise<HostDetails | undefined> {
  const state = store.state();
  const id = state.hosts.get(name) ?? machineId(name);
  const machine = state.machines.get(id);
  const host = hostOf(fleet, machine) ?? indexFleet(fleet).hosts.get(name);
  if (host !== undefined) {
    const status = describeHost(survey(fleet, state, now), host, store.passing(), now);
    if (machine === undefined) return { status, history: [] };
    return { status, ...(await readPast(store, machine.id, machine.inventory)) };
  }
  if (machine === undefined) return undefined;
  const status = describeMachine(machine, store.passing(), now);
  return { status, ...(await readPast(store, machine.id, machine.inventory)) };
}

async function readPast(
  store: Store,
  id: string,
  digest: string | undefined,
): Promise<Pick<HostDetails, 'history' | 'inventory'>> {
  const history = describeHistory(await store.history(id));
  const text = digest === undefined ? undefined : await store.readInventory(digest);
  return text === undefined ? { history } : { history, inventory: JSON.parse(text) as unknown };
}
