// What a machine starts: asked by GRUB or iPXE at every start, over plain HTTP, because neither speaks another one.
import { chooseBoot } from '../state/boot.ts';
import type { MachineRecord } from '../state/record.ts';
import { issueToken } from '../state/token.ts';
import type { Decision } from '../store/store.ts';
import type { Render } from '../templates.ts';
import { renderBootScript, type Loader } from './boot-script.ts';
import type { FleetContext } from './context.ts';

/** Milliseconds in which the same question is the same start: loaders read a file twice where they need it twice. */
const SAME_START = 5000;

/** Answers that are remembered for that. */
const REMEMBERED = 4096;

export interface BootDesk {
  /** The script for a machine; `mac` with small letters and colons. Errors: those of the store. */
  answer: (mac: string, loader: Loader) => Promise<string>;
}

interface Answer {
  boot: 'live' | 'disk';
  /** As it was then: whatever happened to it since makes another start of the next question. */
  machine: MachineRecord | undefined;
  time: number;
}

export function createBootDesk(context: FleetContext, render: Render): BootDesk {
  const { fleet, store, secret, place, now } = context;
  const answers = new Map<string, Answer>();

  const choose = async (mac: string): Promise<'live' | 'disk'> => {
    const last = answers.get(mac);
    const machine = store.state().machines.get(mac);
    if (last !== undefined && last.machine === machine && now() - last.time < SAME_START) {
      return last.boot;
    }
    const first = chooseBoot(fleet, store.state(), mac);
    let { boot } = first;
    // Strangers by the thousand cost no write, and no wait for one.
    if (first.append.length > 0) {
      boot = await store.transact((state): Decision<'live' | 'disk'> => {
        const chosen = chooseBoot(fleet, state, mac);
        return { append: chosen.append, result: chosen.boot };
      });
      await context.settle();
    }
    answers.delete(mac);
    answers.set(mac, { boot, machine: store.state().machines.get(mac), time: now() });
    const oldest = answers.keys().next().value;
    if (answers.size > REMEMBERED && oldest !== undefined) answers.delete(oldest);
    return boot;
  };

  return {
    answer: async (mac, loader) => {
      const boot = await choose(mac);
      const token = boot === 'live' ? issueToken(secret, mac, now()) : undefined;
      return renderBootScript(render, loader, place, token);
    },
  };
}

/** The MAC address and the loader that `MAC.cfg` or `MAC.ipxe` stands for; both ways of writing are known. */
export function parseBootName(name: string): { mac: string; loader: Loader } | undefined {
  const match = /^([0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\2[0-9a-f]{2}){4})\.(cfg|ipxe)$/i.exec(name);
  if (match === null) return undefined;
  const [, mac = '', , loader = ''] = match;
  return {
    mac: mac.toLowerCase().replaceAll('-', ':'),
    loader: loader.toLowerCase() === 'cfg' ? 'cfg' : 'ipxe',
  };
}
