// What a machine shall do, by where it stands.
import type { Orders } from '../../host/fleet/messages.ts';
import type { MachineRecord } from '../state/record.ts';

/** Seconds between two questions of a machine that waits, at the least. */
const SHORTEST = 5;

/** Questions in a second that all waiting machines together may ask, about. */
const QUESTIONS = 50;

/** Seconds to wait: the more machines there are, the more; never the same for all of them. */
export function waitSeconds(machines: number, random: number = Math.random()): number {
  const base = Math.max(SHORTEST, machines / QUESTIONS);
  return Math.round(base * (1 + random) * 10) / 10;
}

/** Orders for a live system that says hello. `spent`: its host file went out already. */
export function orderHello(
  machine: MachineRecord,
  spent: boolean,
  wait: { seconds: number; message: string },
): Orders {
  switch (machine.state) {
    case 'armed':
      if (spent || machine.host === undefined) {
        return { do: 'restart', message: 'this start is over: the next one installs' };
      }
      return { do: 'install', host: machine.host, attempt: machine.attempt };
    case 'seen':
    case 'failed':
      return { do: 'wait', ...wait };
    case 'installing':
      // It has no host file, or it would not ask: what comes is decided by the next boot script.
      return { do: 'restart', message: 'the host file went out and did not arrive' };
    case 'first-boot':
    case 'joined':
    case 'ready':
      return { do: 'restart', message: 'this host is installed: it starts from its own disk' };
  }
}

/** Orders for a live system whose installation failed. */
export function orderAfter(
  machine: MachineRecord,
  wait: { seconds: number; message: string },
): Orders {
  return machine.state === 'failed' || machine.state === 'installing'
    ? { do: 'wait', ...wait }
    : { do: 'restart', message: 'it is tried again' };
}
