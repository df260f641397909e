// Entries for tests, by the number of the machine.
import type { Fleet } from '../../src/fleet/file/fleet.ts';
import { withDecisions } from '../../src/fleet/state/decide.ts';
import type { MachineEvent } from '../../src/fleet/state/event.ts';
import { foldNew } from '../../src/fleet/state/fold.ts';
import type { FleetState } from '../../src/fleet/state/record.ts';
import type { NewEntry } from '../../src/fleet/store/store.ts';
import type { Report } from '../../src/steps/reporter.ts';
import { macOf } from './fleets.ts';

/** Milliseconds since 1970: a Thursday, midnight by UTC. */
export const T0 = Date.UTC(2026, 0, 1);

export const START: NewEntry = { subject: 'fleet', event: { type: 'started' } };

/** Adds entries and what follows from them. */
export function go(fleet: Fleet, state: FleetState, entries: NewEntry[], now = T0): FleetState {
  const all = withDecisions(fleet, state, entries, now);
  return foldNew(state, all, new Date(now).toISOString());
}

/** States of the machines in the order of their MAC addresses. */
export function states(state: FleetState): string[] {
  return [...state.machines.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((machine) => machine.state);
}

function of(index: number, event: MachineEvent): NewEntry {
  return { subject: macOf(index), event };
}

export function hello(index: number, facts: Record<string, string> = {}): NewEntry {
  return of(index, { type: 'seen', facts, inventory: '0'.repeat(64), address: '192.0.2.9' });
}

export function released(index: number, attempt = 1): NewEntry {
  const tokens = { bootToken: `b${index}.${attempt}`, reportToken: `r${index}.${attempt}` };
  return of(index, { type: 'released', attempt, ...tokens });
}

export function step(index: number, stage: string, name: string): NewEntry {
  return of(index, {
    ...{ type: 'step', run: `${stage}${index}`, number: 1, stage, step: name },
    ...{ state: 'finished', percent: 50, message: 'half of it' },
  });
}

function reported(index: number, stage: string, rest: Partial<Report>): NewEntry {
  return of(index, {
    ...{ type: 'reported', run: `${stage}${index}` },
    report: {
      ...{ format: 'kronos-report', version: 1, result: 'ok', stage, seconds: 61 },
      ...{ facts: {}, log: [] },
      ...rest,
    },
  });
}

export function installed(index: number): NewEntry {
  return reported(index, 'install', {});
}

export function failed(index: number): NewEntry {
  const error = { code: 'io/disk', message: 'the disk is broken', hint: 'replace it' };
  return reported(index, 'install', {
    ...{ result: 'failed', error, step: 'write', log: ['writing', 'input/output error'] },
  });
}

/** The end of a first boot that went well. */
export function ready(index: number): NewEntry {
  const coordinator = { address: '192.0.2.1', fingerprint: 'AA:'.repeat(31) + 'AA' };
  return reported(index, 'firstboot', { facts: { coordinator } });
}
