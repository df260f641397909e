// The journal of a machine as a person reads it.
import type { Entry, MachineEvent } from '../state/event.ts';

/** A line for each entry; oldest first. */
export function describeHistory(entries: readonly Entry[]): { time: string; text: string }[] {
  return entries.map(({ time, event }) => ({ time, text: describeEvent(event as MachineEvent) }));
}

function describeEvent(event: MachineEvent): string {
  switch (event.type) {
    case 'seen': {
      const { product, serial } = event.facts;
      const what = [product, serial === undefined ? undefined : `serial number ${serial}`];
      const words = what.filter((word) => word !== undefined && word !== '').join(', ');
      return `said hello${from(event.address)}${words === '' ? '' : `: ${words}`}`;
    }
    case 'twin':
      return `another machine with the same MAC address${from(event.address)} was refused: ${identityOf(event.facts)}`;
    case 'replaced':
      return `its mainboard was replaced, says a person: ${identityOf(event.facts)}`;
    case 'named':
      return `is the machine of ${event.host}${event.by === 'operator' ? ', says a person' : ''}`;
    case 'armed': {
      const role = event.role === undefined ? '' : ` as ${event.role}`;
      return `armed in wave ${event.wave}${role}: installation ${event.attempt}`;
    }
    case 'released':
      return `the host file went out for installation ${event.attempt}`;
    case 'restarted':
      return 'started again while it should be installing';
    case 'step': {
      const { stage, step, state, message } = event;
      return `${stage}: ${step} ${state}${message === '' ? '' : `: ${message}`}`;
    }
    case 'reported': {
      const { stage, result, seconds, error, step } = event.report;
      if (result === 'ok') return `${stage} went well in ${seconds} s`;
      const where = step === undefined ? '' : ` at ${step}`;
      return `${stage} failed${where} after ${seconds} s: ${say(error?.['code'])}: ${say(error?.['message'])}`;
    }
    case 'failed':
      return `given up: ${event.code}: ${event.message}`;
    case 'retry':
      return event.reinstall ? 'to be installed again, says a person' : 'to be tried again';
  }
}

/** What `--replaced` of kronos fleet name takes. */
function identityOf({ serial, uuid }: Readonly<Record<string, string | undefined>>): string {
  if (serial !== undefined) return `serial number ${serial}`;
  return uuid === undefined ? 'without a serial number' : `UUID ${uuid}`;
}

function from(address: string | undefined): string {
  return address === undefined ? '' : ` from ${address}`;
}

function say(value: unknown): string {
  return typeof value === 'string' ? value : 'without a reason';
}
