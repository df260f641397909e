// Entries of the journal as lines for whoever watches.
import type { Entry } from '../state/event.ts';
import type { FleetState } from '../state/record.ts';
import { nameOf } from './context.ts';

/** The line for an entry; undefined for what is only of interest to the machine's own history. */
export function tellEntry(state: FleetState, entry: Entry): string | undefined {
  if (entry.subject === 'fleet') {
    // The union is told apart by its subject, which the compiler does not do for texts.
    return tellFleet(entry as Extract<Entry, { subject: 'fleet' }>);
  }
  const { event } = entry as Exclude<Entry, { subject: 'fleet' }>;
  const name = nameOf(state.machines.get(entry.subject), entry.subject);
  switch (event.type) {
    case 'seen':
      return `${name}: seen${event.facts['serial'] === undefined ? '' : `, serial number ${event.facts['serial']}`}`;
    case 'twin':
      return `${name}: another machine says that it has this MAC address; it is refused (was the mainboard replaced? kronos fleet name --replaced)`;
    case 'replaced': {
      const { serial, uuid } = event.facts;
      return `${name}: its mainboard was replaced, by ${serial ?? uuid ?? 'another one'}`;
    }
    case 'named':
      return `${entry.subject} is ${event.host}`;
    case 'armed':
      return `${name}: to be installed${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`;
    case 'released':
      return `${name}: its host file went out`;
    case 'restarted':
      return `${name}: started again in the middle`;
    case 'step':
      if (event.state !== 'failed') return undefined;
      return `${name}: ${event.stage}, ${event.step} failed: ${event.message}`;
    case 'reported': {
      const { result, stage, error } = event.report;
      if (result === 'ok') return `${name}: ${stage} went well`;
      return `${name}: ${stage} failed${textOf(error?.['code'])}${textOf(error?.['message'])}`;
    }
    case 'failed':
      return `${name}: failed: ${event.code}: ${event.message}`;
    case 'retry':
      return `${name}: to be tried again`;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? `: ${value}` : '';
}

function tellFleet({ event }: Extract<Entry, { subject: 'fleet' }>): string {
  switch (event.type) {
    case 'started':
      return 'the rollout starts';
    case 'paused':
      return `paused${event.by === 'operator' ? ' by a person' : ''}: ${event.reason}`;
    case 'resumed':
      return 'resumed';
    case 'approved':
      return event.wave === 0 ? 'the canary is approved' : `wave ${event.wave} is approved`;
    case 'elected':
      return `${event.host} becomes coordinator of the pool ${event.pool}`;
  }
}
