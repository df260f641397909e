// What it takes to decide for a large fleet: machines that do all at once what they are told, and no network.
import { makeUpFleet } from '../src/fleet/rehearse/made-up.ts';
import { makeHardware } from '../src/fleet/rehearse/hardware.ts';
import { parseFleetFile } from '../src/fleet/file/read.ts';
import { decide } from '../src/fleet/state/decide.ts';
import { EMPTY_STATE, foldNew } from '../src/fleet/state/fold.ts';
import { planRollout } from '../src/fleet/state/rollout.ts';
import type { MachineEvent } from '../src/fleet/state/event.ts';
import type { NewEntry } from '../src/fleet/store/store.ts';
import type { Report } from '../src/steps/reporter.ts';

export interface Decided {
  /**
   * Of a processor, so that other work on the machine does not count: for decisions and for folding what came of them; the
   * fleet file is read before.
   */
  seconds: number;
  decisions: number;
  rounds: number;
  /** Seconds of the longest decision. */
  slowest: number;
  ready: number;
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Rolls out a fleet that is made up, in memory. */
export async function decideAll(hosts: number): Promise<Decided> {
  const { fleet } = await parseFleetFile(makeUpFleet(hosts), 'fleet.yaml', { directory: '.' });
  const machines = makeHardware(fleet, 1);
  const began = process.cpuUsage();
  let now = Date.parse('2026-01-01T00:00:00Z');
  let state = EMPTY_STATE;
  const add = (entries: readonly NewEntry[]): void => {
    now += 1000;
    state = foldNew(state, entries, new Date(now).toISOString());
  };
  add(
    machines.map(({ mac, facts }) => ({
      subject: mac,
      event: { type: 'seen', facts, inventory: '0'.repeat(64) },
    })),
  );
  add([{ subject: 'fleet', event: { type: 'started' } }]);
  const figures = { decisions: 0, rounds: 0, slowest: 0 };
  for (;;) {
    const before = process.cpuUsage();
    const entries = decide(fleet, state, now);
    figures.slowest = Math.max(figures.slowest, secondsSince(before));
    figures.rounds += 1;
    figures.decisions += entries.length;
    add(entries);
    const armed = entries.flatMap(({ subject, event }) =>
      event.type === 'armed' ? [subject] : [],
    );
    const { approvable } = planRollout(fleet, state);
    if (approvable !== undefined)
      add([{ subject: 'fleet', event: { type: 'approved', wave: approvable } }]);
    else if (armed.length === 0 && entries.length === 0) break;
    add(armed.flatMap((mac) => lifeOf(mac, state.machines.get(mac)?.attempt ?? 1)));
  }
  const ready = [...state.machines.values()].filter((one) => one.state === 'ready').length;
  return { seconds: secondsSince(began), ...figures, ready };
}

/** All that a machine says that is installed without trouble. */
function lifeOf(mac: string, attempt: number): NewEntry[] {
  const report = (stage: string): Report => ({
    ...{ format: 'kronos-report', version: 1, result: 'ok', stage, seconds: 60, log: [] },
    facts: {
      coordinator: { address: `${mac.replaceAll(':', '-')}.example`, fingerprint: '0'.repeat(64) },
    },
  });
  const step = (run: string, number: number, stage: string, name: string): MachineEvent => ({
    ...{
      type: 'step',
      run,
      number,
      stage,
      step: name,
      state: 'finished',
      percent: 50,
      message: '',
    },
  });
  const events: MachineEvent[] = [
    { type: 'released', attempt, bootToken: `b${mac}`, reportToken: `r${mac}` },
    ...Array.from({ length: 22 }, (_, index) => step('1', index + 1, 'install', 'copy')),
    { type: 'reported', run: '1', report: report('install') },
    ...Array.from({ length: 10 }, (_, index) => step('2', index + 1, 'firstboot', 'network')),
    { type: 'reported', run: '2', report: report('firstboot') },
  ];
  return events.map((event) => ({ subject: mac, event }));
}
